"""What in a data set breaks the programs that read it."""

from annot_core.checking.report import Group, grouped, write_json
from annot_core.checking.run import Checked, CheckReport, check_dataset, check_path

__all__ = ["CheckReport", "Checked", "Group", "check_dataset", "check_path", "grouped", "write_json"]
