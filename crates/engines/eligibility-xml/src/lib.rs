//! オンライン資格確認 XML: read, write.
