//! 監督・第三者機関 (the overseer): see the rooms below.
