//! Dashboards: the bank, its managers, its products and the value of its customers; what was pinned of them.

mod api;
mod approval;
mod bank;
mod certificate;
mod compare;
mod frame;
mod full;
mod group;
mod home;
mod kept;
mod manager;
mod managers;
mod moves;
mod page;
mod picture;
mod process;
mod products;
mod progress;
mod scoring;
mod sheet;
mod targets;
mod text;
mod value;

pub use bank::BankRoute;
pub use certificate::CertificateRoute;
pub use compare::CompareRoute;
pub use home::HomeRoute;
pub use manager::ManagerRoute;
pub use managers::ManagersRoute;
pub use products::ProductsRoute;
pub use scoring::ScoringRoute;
pub use targets::TargetsRoute;
pub use value::ValueRoute;
