//! JP-CLINS (電子カルテ情報共有サービス): which profile is which, and rules that profiles cannot say.
//!
//! JP-CLINS 1.5.2, eCheckup and JP Core 1.1.2: six kinds of information, three documents, and for carers plan and
//! summary. [`validate`](crate::validate) holds a resource against its profile; [`check`] adds what reaches across
//! resources or needs arithmetic, in the same form.

mod forms;
mod rules;

pub use forms::{FORMS, Form, form_of, forms};
pub use rules::check;
