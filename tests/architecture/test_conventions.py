"""The dbt project keeps the conventions of `dbt-bouncer.yml`, which find what breaks them."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml


def failures(root: Path, folder: Path, manifest: dict[str, Any]) -> list[str]:
    """What dbt-bouncer says of a manifest, a sentence a failure."""
    from dbt_bouncer.cli.run.utils import run_bouncer

    configuration = yaml.safe_load((root / "dbt-bouncer.yml").read_text("utf-8"))
    (folder / "target").mkdir()
    (folder / "target" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (folder / "dbt-bouncer.yml").write_text(yaml.safe_dump(configuration), "utf-8")
    said = folder / "said.json"
    code = run_bouncer(folder / "dbt-bouncer.yml", output_file=said, output_only_failures=True)
    found = [
        f"{item['check_run_id']}: {item['failure_message']}"
        for item in json.loads(said.read_text("utf-8"))
    ]
    assert (code == 0) == (not found)
    return found


def test_the_project_keeps_its_conventions(
    root: Path, manifest: dict[str, Any], tmp_path: Path
) -> None:
    assert failures(root, tmp_path, manifest) == []


def test_the_conventions_find_what_breaks_them(
    root: Path, manifest: dict[str, Any], tmp_path: Path
) -> None:
    """Each violation is planted in a mart of its own, so that one look finds all of them."""
    broken = deepcopy(manifest)
    marts = {
        name: broken["nodes"][f"model.rapport.{name}"]
        for name in (
            "dim_stores", "dim_products", "fct_orders", "fct_contacts", "fct_documents",
            "fct_page_views", "dim_visitors", "dim_campaigns", "dim_customers", "dim_dates",
        )
    }  # fmt: skip
    marts["dim_stores"]["name"] = "stores_dim"
    marts["dim_products"]["name"] = "dim_products_v2"
    marts["fct_orders"]["schema"] = "main"
    marts["fct_contacts"]["original_file_path"] = "models/reports/fct_contacts.sql"
    marts["fct_documents"]["description"] = "All documents."
    marts["fct_page_views"]["access"] = "protected"
    marts["dim_visitors"]["contract"]["enforced"] = False
    marts["dim_campaigns"]["columns"]["campaign_id"]["description"] = " "
    marts["dim_customers"]["columns"]["region"]["data_type"] = None
    marts["dim_dates"]["columns"]["is_weekend"]["data_type"] = "timestamp"
    found = failures(root, tmp_path, broken)
    for name in marts:
        assert any(name in sentence for sentence in found), (name, found)
    assert len(found) == len(marts), found
