//! Users, what they are granted, units and staff: for administrators and the security officer.

mod api;
mod approvals;
mod staff;
mod text;
mod units;
mod user_dialog;
mod users;

pub use approvals::ApprovalsRoute;
pub use staff::StaffRoute;
pub use units::UnitsRoute;
pub use users::UsersRoute;
