//! Roles, and which of them may use which verb.

use serde::{Deserialize, Serialize};

pub mod account;
pub mod audit;
pub mod units;
pub mod users;

use crate::{customers::DataClass, i18n::Lang};

/// What a user is to the bank. The last three are separate duties: nobody holds two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "server", derive(sqlx::Type, utoipa::ToSchema))]
#[cfg_attr(feature = "server", sqlx(type_name = "text", rename_all = "snake_case"))]
pub enum Role {
    Manager,
    BranchManager,
    Executive,
    Administrator,
    SecurityOfficer,
    Auditor,
}

impl Role {
    pub const ALL: [Role; 6] =
        [Role::Manager, Role::BranchManager, Role::Executive, Role::Administrator, Role::SecurityOfficer, Role::Auditor];

    pub const fn code(self) -> &'static str {
        match self {
            Role::Manager => "manager",
            Role::BranchManager => "branch_manager",
            Role::Executive => "executive",
            Role::Administrator => "administrator",
            Role::SecurityOfficer => "security_officer",
            Role::Auditor => "auditor",
        }
    }

    pub fn from_code(code: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.code() == code)
    }

    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Role::Manager, Lang::Zh) => "客户经理",
            (Role::Manager, Lang::En) => "Relationship manager",
            (Role::BranchManager, Lang::Zh) => "支行行长",
            (Role::BranchManager, Lang::En) => "Branch manager",
            (Role::Executive, Lang::Zh) => "总分行领导",
            (Role::Executive, Lang::En) => "Executive",
            (Role::Administrator, Lang::Zh) => "系统管理员",
            (Role::Administrator, Lang::En) => "Administrator",
            (Role::SecurityOfficer, Lang::Zh) => "安全员",
            (Role::SecurityOfficer, Lang::En) => "Security officer",
            (Role::Auditor, Lang::Zh) => "审计员",
            (Role::Auditor, Lang::En) => "Auditor",
        }
    }

    /// The three separate duties, which need a second factor to log in.
    pub const fn is_officer(self) -> bool {
        matches!(self, Role::Administrator | Role::SecurityOfficer | Role::Auditor)
    }

    /// The highest class of data that the role may build on without a reason each time: what rules may ask for. Masked values
    /// are shown one by one, so nobody counts customers by them; administrators, who see no customers, write the rules
    /// of tiers.
    pub const fn data_class(self) -> DataClass {
        match self {
            Role::Manager | Role::BranchManager | Role::Executive => DataClass::C1,
            Role::Administrator | Role::SecurityOfficer | Role::Auditor => DataClass::C1,
        }
    }

    /// Whether the role ever sees customers.
    pub const fn serves_customers(self) -> bool {
        matches!(self, Role::Manager | Role::BranchManager | Role::Executive)
    }
}

macro_rules! verbs {
    ($($(#[$meta:meta])* $name:ident $code:literal : $($role:ident)|+ ;)*) => {
        /// Everything anybody can do. What a verb may touch is further narrowed by the actor's scope.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Verb { $($(#[$meta])* $name),* }

        impl Verb {
            pub const ALL: &'static [Verb] = &[$(Verb::$name),*];

            /// The name in the audit log and in API documents.
            pub const fn code(self) -> &'static str {
                match self { $(Verb::$name => $code),* }
            }

            /// The roles that may use it at all.
            pub const fn roles(self) -> &'static [Role] {
                match self { $(Verb::$name => &[$(Role::$role),+]),* }
            }
        }
    };
}

verbs! {
    CustomerList "customer.list": Manager | BranchManager | Executive;
    CustomerView "customer.view": Manager | BranchManager | Executive;
    CustomerCreate "customer.create": Manager | BranchManager;
    CustomerEdit "customer.edit": Manager | BranchManager;
    /// Clear text of masked fields, with a reason.
    CustomerReveal "customer.reveal": Manager | BranchManager;
    ActivityLog "activity.log": Manager | BranchManager;
    TaskChange "task.change": Manager | BranchManager;
    OpportunityList "opportunity.list": Manager | BranchManager | Executive;
    OpportunityChange "opportunity.change": Manager | BranchManager;
    ViewSave "view.save": Manager | BranchManager | Executive;
    AccountOwn "account.own": Manager | BranchManager | Executive | Administrator | SecurityOfficer | Auditor;
    DictionaryList "dictionary.list": Manager | BranchManager | Executive | Administrator | SecurityOfficer | Auditor;
    UnitList "unit.list": Manager | BranchManager | Executive | Administrator | SecurityOfficer | Auditor;
    UnitChange "unit.change": Administrator;
    UserList "user.list": Administrator | SecurityOfficer;
    UserCreate "user.create": Administrator;
    UserChange "user.change": Administrator;
    /// Decides requests for roles: the second person.
    UserApprove "user.approve": SecurityOfficer;
    /// Takes a lost second factor off a user; never the one who resets passwords.
    FactorReset "user.factor_reset": SecurityOfficer;
    StaffList "staff.list": Manager | BranchManager | Executive | Administrator | SecurityOfficer;
    StaffChange "staff.change": Administrator;
    SessionRevoke "session.revoke": Administrator | SecurityOfficer;
    ParameterChange "parameter.change": Administrator;
    FeedImport "feed.import": Administrator;
    FeedView "feed.view": Administrator;
    /// Fills an empty database with a made-up bank; from the command line.
    DemoGenerate "demo.generate": Administrator;
    /// Computes all summaries again, compares, and puts right what differs.
    SummaryCheck "summary.check": Administrator;
    AuditSearch "audit.search": Auditor;
    AuditSeal "audit.seal": Auditor;
    SystemView "system.view": Administrator | SecurityOfficer | Auditor;
    TransferList "transfer.list": Manager | BranchManager | Executive;
    TransferRequest "transfer.request": Manager | BranchManager;
    /// Executives decide what reaches beyond one branch.
    TransferDecide "transfer.decide": BranchManager | Executive;
    /// Signs the own side of a handover sheet, or that of whom nobody else can sign for.
    TransferSign "transfer.sign": Manager | BranchManager;
    /// Takes a customer of the own unit's pool, as many as the parameter `pool.pick` says.
    PoolPick "pool.pick": Manager;
    /// Says what assistants have of a customer's contribution, and ends one of them.
    ShareSet "share.set": BranchManager;
    TierView "tier.view": Manager | BranchManager | Executive | Administrator | SecurityOfficer;
    /// Hears of changes while a page is open.
    EventFollow "event.follow": Manager | BranchManager | Executive | Administrator | SecurityOfficer | Auditor;
    TierDraft "tier.draft": Administrator;
    /// The second person of a tier version.
    TierPublish "tier.publish": SecurityOfficer;
    /// Who of the own customers would move by a version that is not in force yet, by name.
    TierMovers "tier.movers": BranchManager | Executive;
    /// Puts every customer into the tier that the rules in force say; after feeds and publications.
    TierEvaluate "tier.evaluate": Administrator;
    /// Asks for a tier that the rules do not give, and ends it.
    TierAsk "tier.ask": Manager | BranchManager;
    /// The second person of a tier given by hand.
    TierAnswer "tier.answer": BranchManager | Executive;
    /// Lifecycle states: their rules, and how many of one's customers come and go.
    LifecycleView "lifecycle.view": Manager | BranchManager | Executive | Administrator;
    LifecycleChange "lifecycle.change": Administrator;
    GroupUse "group.use": Manager | BranchManager | Executive;
    DashboardView "dashboard.view": Manager | BranchManager | Executive;
    /// Proposes targets; they hold once another person agreed.
    TargetSet "target.set": BranchManager | Executive;
    /// The second person of targets.
    TargetDecide "target.decide": BranchManager | Executive;
    /// What is said of a product, and the words it is sold with.
    ProductText "product.text": Administrator;
    /// Closes a month's books, or opens them again.
    ContributionClose "contribution.close": Administrator;
    /// Puts a page on paper.
    PagePrint "page.print": Manager | BranchManager | Executive | Administrator | SecurityOfficer | Auditor;
    /// Enters the practice bank, and begins it anew.
    Practise "practice.use": Manager | BranchManager | Executive | Administrator | SecurityOfficer | Auditor;
    /// Transfer prices and what else contributions are priced by.
    CurveChange "curve.change": Administrator;
}

impl Verb {
    pub fn allowed_to(self, role: Role) -> bool {
        self.roles().contains(&role)
    }
}

/// Who is logged in, as the browser and `GET /me` see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Me {
    pub login: String,
    pub name: String,
    pub role: Role,
    /// Code of the user's unit.
    pub org: String,
    pub org_name: String,
    /// Staff code, for those who are also managers.
    pub staff: Option<String>,
    /// Until then every verb but those of the own account is refused.
    pub must_change_password: bool,
    /// The role asks for a second factor and there is none yet; as above.
    pub must_enrol_factor: bool,
    pub bank_name: String,
    pub is_demo: bool,
    /// The day the data speaks for.
    pub business_date: chrono::NaiveDate,
    pub base_currency: String,
}

impl Me {
    pub fn may(&self, verb: Verb) -> bool {
        verb.allowed_to(self.role) && (verb == Verb::AccountOwn || !self.is_restricted())
    }

    /// Something must be put in order on the account page first.
    pub fn is_restricted(&self) -> bool {
        self.must_change_password || self.must_enrol_factor
    }
}
