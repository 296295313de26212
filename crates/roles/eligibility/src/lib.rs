//! 資格確認サービス機関: memberships in two times, and the answer at the desk.
