"""What each source promises: the contracts, read and validated."""

from orchestration.contracts.model import Column, Contract, SqlRule
from orchestration.contracts.read import load_contracts, read_contract
from orchestration.dialects import Dialect

__all__ = ["Column", "Contract", "Dialect", "SqlRule", "load_contracts", "read_contract"]
