"""Real purchase logs, where the environment names a folder of them."""

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

CALIBRATION_END = pd.Timestamp("1997-09-30")
HOLDOUT_END = pd.Timestamp("1998-06-30")


@pytest.fixture(scope="session")
def cdnow_folder() -> Path:
    root = os.environ.get("RAPPORT_TEST_DATA")
    if not root:
        pytest.skip("RAPPORT_TEST_DATA is unset: it names the folder of real test data")
    folder = Path(root) / "cdnow"
    if not folder.is_dir():
        pytest.skip("the folder that RAPPORT_TEST_DATA names has no cdnow")
    return folder


@pytest.fixture(scope="session")
def cdnow_order_days(cdnow_folder: Path) -> pd.DataFrame:
    """One row per customer and order day of the whole log."""
    names = ["customer_id", "business_date", "cds", "net_revenue_amount"]
    return _order_days(cdnow_folder / "CDNOW_master.txt.gz", names, header_lines=1)


@pytest.fixture(scope="session")
def cdnow_sample_order_days(cdnow_folder: Path) -> pd.DataFrame:
    """One row per customer and order day of the 1/10 sample."""
    names = ["master_id", "customer_id", "business_date", "cds", "net_revenue_amount"]
    return _order_days(cdnow_folder / "CDNOW_sample.txt.gz", names, header_lines=0)


@pytest.fixture(scope="session")
def cdnow_sample_published(cdnow_folder: Path) -> pd.DataFrame:
    """The published summary of the 1/10 sample to the end of the calibration."""
    summary = pd.read_csv(cdnow_folder / "cdnow_customers_summary_with_transactions.csv.gz")
    return summary.set_axis(
        ["customer_id", "btyd_x", "btyd_tx", "btyd_t", "mean_repeat_amount"], axis="columns"
    )


@pytest.fixture(scope="session")
def btyd_summary() -> Callable[[pd.DataFrame, pd.Timestamp], pd.DataFrame]:
    """A function from order days and an as-of date to one row per customer."""

    def summarise(order_days: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
        known = order_days[order_days["business_date"] <= as_of]
        by_customer = known.groupby("customer_id")
        first = by_customer["business_date"].min()
        is_repeat = known["business_date"] > known["customer_id"].map(first)
        repeat_amount = known[is_repeat].groupby("customer_id")["net_revenue_amount"].mean()
        last = by_customer["business_date"].max()
        return pd.DataFrame(
            {
                "btyd_x": by_customer.size() - 1,
                "btyd_tx": (last - first).dt.days / 7,
                "btyd_t": (as_of - first).dt.days / 7,
                "mean_repeat_amount": repeat_amount,
                "net_revenue_amount": by_customer["net_revenue_amount"].sum(),
                "recency_days": (as_of - last).dt.days,
                "order_day_count": by_customer.size(),
            }
        ).reset_index()

    return summarise


def _order_days(path: Path, names: list[str], *, header_lines: int) -> pd.DataFrame:
    lines = pd.read_csv(path, sep=r"\s+", names=names, skiprows=header_lines)
    lines["business_date"] = pd.to_datetime(lines["business_date"].astype(str))
    keys = ["customer_id", "business_date"]
    return lines.groupby(keys, as_index=False)["net_revenue_amount"].sum()
