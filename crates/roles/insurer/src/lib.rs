//! 医療保険者: members, changes, reports.
