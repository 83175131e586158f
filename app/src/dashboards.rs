//! Dashboards: the bank, its managers, its products and the value of its customers; what was pinned of them.

mod api;
mod approval;
mod bank;
mod behind;
mod certificate;
mod compare;
mod currency;
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
mod product;
mod products;
mod progress;
mod scoring;
mod stage;
mod targets;
mod text;
mod value;
mod wording;

use guanhu_ui::chart::sheet;

pub use bank::BankRoute;
pub use behind::BehindRoute;
pub use certificate::CertificateRoute;
pub use compare::CompareRoute;
pub use home::HomeRoute;
pub use manager::ManagerRoute;
pub use managers::ManagersRoute;
pub use product::ProductRoute;
pub use products::ProductsRoute;
pub use scoring::ScoringRoute;
pub use targets::TargetsRoute;
pub use value::ValueRoute;
pub use wording::WordingRoute;
