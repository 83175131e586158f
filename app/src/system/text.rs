guanhu_domain::texts! {
    system: "系统" | "System";
    note: "数据库、数据源、后台作业与版本。" | "Database, feeds, background jobs and versions.";
    database: "数据库与版本" | "Database and versions";
    version: "管户版本" | "Guanhu version";
    database_version: "数据库版本" | "Database";
    schema_version: "结构版本" | "Schema version";
    size: "数据库大小" | "Database size";
    customers: "客户数（估计）" | "Customers (estimate)";
    business_date: "数据日期" | "Business date";
    sessions: "有效会话" | "Sessions";
    connections: "数据库连接（其中空闲）" | "Connections (of which idle)";
    clock: "与数据库时钟之差" | "Difference from the database's clock";
    unsealed: "未封存的审计记录" | "Audit rows not yet sealed";
    feeds: "数据源" | "Feeds";
    feed: "数据源" | "Feed";
    profile: "映射方案" | "Profile";
    state: "状态" | "State";
    read: "读取行数" | "Rows read";
    rejected: "拒绝行数" | "Rejected";
    no_feeds: "尚未导入任何数据。" | "Nothing has been imported yet.";
    jobs: "后台作业" | "Background jobs";
    job: "作业" | "Job";
    count: "数量" | "Count";
    no_jobs: "没有后台作业。" | "There are no background jobs.";
}
