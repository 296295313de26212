//! 保険医療機関: the reception desk and its folders.
