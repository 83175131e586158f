//! The words a demo bank is made of. Written for Guanhu; nobody's customers.

/// The commoner first: [`super::dice::Dice::favour`] leans to the front.
pub const SURNAMES: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何", "林", "高", "罗", "郑", "梁",
    "谢", "宋", "唐", "许", "邓", "冯", "韩", "曹", "曾", "彭", "萧", "蔡", "潘", "田", "董", "袁", "于", "余", "叶", "蒋", "杜", "苏",
    "魏", "程", "吕", "丁", "沈", "任", "姚", "卢", "傅", "钟", "姜", "崔", "谭", "廖", "范", "汪", "陆", "金", "石", "戴", "贾", "韦",
    "夏", "邱", "方", "侯", "邹", "熊", "孟", "秦", "白", "江", "阎", "薛", "尹", "段", "雷", "黎", "史", "龙", "陶", "贺", "顾", "毛",
    "郝", "龚", "邵", "万", "钱", "严", "覃", "武", "莫", "孔", "向", "汤", "常", "温", "康", "施", "文", "牛", "樊", "葛", "邢", "安",
    "齐", "易", "乔", "伍", "庞", "颜", "倪", "庄", "聂", "章", "鲁", "岳", "翟", "申", "耿", "欧阳", "上官", "司徒", "诸葛", "司马",
    "慕容",
];

/// Given-name characters of an era: born before 1966, to 1985, to 2000, since.
pub struct Era {
    pub until: i32,
    /// How many names have one character.
    pub single: f64,
    pub male: &'static [&'static str],
    pub female: &'static [&'static str],
    pub either: &'static [&'static str],
}

pub const ERAS: &[Era] = &[
    Era {
        until: 1966,
        single: 0.15,
        male: &[
            "国", "建", "德", "福", "贵", "财", "胜", "保", "庆", "宝", "树", "根", "大", "长", "永", "正", "忠", "义", "振", "兴", "富",
            "满", "山", "生", "祥", "林", "顺", "昌", "仁", "堂", "发", "守", "培", "茂", "全",
        ],
        female: &[
            "秀", "兰", "英", "桂", "珍", "凤", "玉", "芬", "淑", "素", "翠", "菊", "莲", "娥", "香", "金", "花", "巧", "月", "娣", "芝",
            "琴", "惠", "银", "贞", "彩", "仙", "美", "爱", "招",
        ],
        either: &["华", "民", "荣", "平", "安", "明", "春", "云", "文", "清"],
    },
    Era {
        until: 1986,
        single: 0.42,
        male: &[
            "伟", "强", "军", "勇", "刚", "涛", "斌", "波", "辉", "鹏", "志", "建", "峰", "杰", "磊", "海", "东", "晓", "宏", "卫", "俊",
            "立", "国", "永", "新", "庆", "利", "兵", "宁", "剑", "飞", "健", "光", "少", "维", "昆", "滨", "诚", "景", "洪",
        ],
        female: &[
            "丽", "敏", "静", "燕", "艳", "芳", "娟", "霞", "红", "梅", "玲", "萍", "琳", "洁", "慧", "莉", "蓉", "晓", "雪", "倩", "婷",
            "颖", "琴", "岚", "英", "娜", "蕾", "薇", "虹", "秋", "春", "海", "亚", "小", "云",
        ],
        either: &["华", "平", "明", "文", "宇", "晨", "青", "欣", "林", "佳"],
    },
    Era {
        until: 2001,
        single: 0.28,
        male: &[
            "浩", "宇", "鑫", "帅", "凯", "超", "翔", "旭", "博", "俊", "子", "家", "嘉", "天", "明", "泽", "鹏", "龙", "毅", "轩", "航",
            "晖", "恒", "睿", "哲", "瀚", "森", "彬", "瑞", "诚", "振", "成", "彦", "坤", "锋",
        ],
        female: &[
            "婷", "雪", "梦", "雨", "佳", "思", "颖", "琪", "瑶", "悦", "欣", "怡", "晓", "莹", "倩", "丹", "璐", "菲", "诗", "涵", "蕊",
            "静", "娜", "妍", "秋", "珊", "露", "冰", "玥", "岚", "媛", "楠", "依", "筱", "文",
        ],
        either: &["晨", "宁", "阳", "乐", "文", "然", "一", "可", "安", "之"],
    },
    Era {
        until: 9999,
        single: 0.12,
        male: &[
            "梓", "浩", "宇", "轩", "泽", "子", "奕", "辰", "睿", "博", "铭", "沐", "霖", "皓", "祺", "煜", "宸", "瑾", "昊", "翊", "言",
            "柏", "启", "承", "星",
        ],
        female: &[
            "梓", "涵", "诗", "雨", "欣", "妍", "紫", "萱", "若", "汐", "语", "彤", "芷", "瑶", "沐", "瑾", "琪", "艺", "馨", "诺", "书",
            "念", "知", "夏", "禾",
        ],
        either: &["一", "安", "乐", "晨", "然", "言", "清", "希", "佑", "可"],
    },
];

/// The last character of a name and one that sounds alike, as somebody writes it down who only heard it.
pub const SOUND_ALIKE: &[(char, char)] = &[
    ('华', '桦'),
    ('明', '铭'),
    ('平', '萍'),
    ('文', '纹'),
    ('安', '桉'),
    ('伟', '玮'),
    ('军', '君'),
    ('峰', '锋'),
    ('杰', '洁'),
    ('英', '瑛'),
    ('玲', '铃'),
    ('琳', '林'),
    ('静', '婧'),
    ('敏', '珉'),
    ('丽', '莉'),
    ('慧', '惠'),
    ('芳', '方'),
    ('娜', '那'),
    ('佳', '嘉'),
    ('欣', '新'),
    ('晨', '辰'),
    ('宇', '羽'),
    ('浩', '皓'),
    ('婷', '亭'),
    ('颖', '影'),
    ('涛', '滔'),
    ('辉', '晖'),
    ('珍', '贞'),
    ('兰', '岚'),
    ('莲', '连'),
    ('国', '帼'),
    ('生', '升'),
    ('林', '琳'),
    ('瑶', '遥'),
    ('悦', '越'),
    ('宁', '凝'),
];

/// Occupation, employer's form, median yearly income in yuan, youngest and oldest, weight.
pub struct Occupation {
    pub name: &'static str,
    pub employer: Employer,
    pub income: f64,
    pub from: i32,
    pub to: i32,
    pub weight: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Employer {
    /// One of the bank's corporate customers, or some other firm.
    Firm,
    Public(&'static [&'static str]),
    Own,
    None,
}

const SCHOOLS: &[&str] =
    &["临江市第一中学", "临江市第二中学", "临江市实验小学", "临江市外国语学校", "临江师范学院", "江城职业技术学院", "望江小学", "滨江中学"];
const HOSPITALS: &[&str] = &["临江市人民医院", "临江市中医院", "临江市妇幼保健院", "城东区医院", "滨江社区卫生服务中心"];
const OFFICES: &[&str] =
    &["临江市财政局", "临江市自然资源局", "临江市市场监督管理局", "城东区政府", "滨江区政府", "临江市住房公积金管理中心", "古塔街道办事处"];

const fn job(name: &'static str, employer: Employer, income: f64, from: i32, to: i32, weight: u32) -> Occupation {
    Occupation { name, employer, income, from, to, weight }
}

pub const OCCUPATIONS: &[Occupation] = &[
    job("企业职员", Employer::Firm, 82_000.0, 22, 60, 150),
    job("销售人员", Employer::Firm, 76_000.0, 20, 58, 80),
    job("生产工人", Employer::Firm, 66_000.0, 18, 60, 130),
    job("软件工程师", Employer::Firm, 190_000.0, 22, 50, 45),
    job("机械工程师", Employer::Firm, 118_000.0, 23, 60, 35),
    job("财务人员", Employer::Firm, 92_000.0, 22, 58, 45),
    job("司机", Employer::Firm, 72_000.0, 22, 60, 55),
    job("仓储物流人员", Employer::Firm, 64_000.0, 18, 58, 50),
    job("企业管理人员", Employer::Firm, 245_000.0, 30, 62, 45),
    job("中小学教师", Employer::Public(SCHOOLS), 104_000.0, 22, 60, 55),
    job("大学教师", Employer::Public(&SCHOOLS_HIGHER), 168_000.0, 27, 62, 14),
    job("医生", Employer::Public(HOSPITALS), 186_000.0, 25, 62, 26),
    job("护士", Employer::Public(HOSPITALS), 98_000.0, 21, 55, 36),
    job("公务员", Employer::Public(OFFICES), 116_000.0, 22, 60, 50),
    job("律师", Employer::Firm, 210_000.0, 25, 66, 9),
    job("会计师", Employer::Firm, 156_000.0, 24, 62, 14),
    job("建筑师", Employer::Firm, 162_000.0, 25, 62, 9),
    job("厨师", Employer::Firm, 70_000.0, 18, 58, 30),
    job("美发师", Employer::Own, 68_000.0, 18, 50, 16),
    job("个体工商户", Employer::Own, 115_000.0, 22, 66, 95),
    job("企业主", Employer::Own, 380_000.0, 28, 68, 30),
    job("自由职业者", Employer::None, 74_000.0, 20, 60, 45),
    job("快递员", Employer::Firm, 78_000.0, 18, 48, 28),
    job("网约车司机", Employer::Own, 76_000.0, 22, 60, 26),
    job("农业劳动者", Employer::None, 36_000.0, 18, 70, 60),
    job("家庭主妇", Employer::None, 0.0, 25, 60, 30),
    job("学生", Employer::None, 0.0, 16, 26, 60),
    job("退休人员", Employer::None, 48_000.0, 56, 99, 200),
];
const SCHOOLS_HIGHER: [&str; 3] = ["临江师范学院", "江城职业技术学院", "临江理工大学"];

/// Education by code of the dictionary, in years of study.
pub const EDUCATIONS: &[&str] = &["primary", "junior_high", "senior_high", "college", "bachelor", "master", "doctor"];

pub const DISTRICTS: &[&str] = &["城东区", "城西区", "滨江区", "古塔区", "高新区", "江北区", "新港区", "望江县"];

/// Branches by the ground they cover; further ones are numbered.
pub const BRANCHES: &[&str] = &[
    "城东",
    "滨江",
    "高新区",
    "城西",
    "古塔",
    "江北",
    "新港",
    "望江",
    "城南",
    "城北",
    "开发区",
    "大学城",
    "北湖",
    "南山",
    "青石",
    "白沙",
    "龙泉",
    "柳林",
    "桃源",
    "凤凰",
    "平安里",
    "金桥",
    "永丰",
    "东湾",
    "西岭",
    "临港",
    "云台",
    "秀水",
    "梅岭",
    "清溪",
    "长坪",
    "石桥",
];

pub const STREET_FIRST: &[&str] = &[
    "春晖", "和平", "解放", "人民", "建设", "文昌", "学府", "中山", "望江", "迎宾", "朝阳", "光明", "长江", "翠竹", "桂花", "梧桐", "湖滨",
    "青年", "新华", "友谊", "胜利", "富民", "锦绣", "银杏", "玉兰", "东风", "花园", "明珠", "龙腾", "世纪", "科技", "金水", "工农", "民主",
    "幸福", "永安",
];
pub const STREET_LAST: &[&str] = &["路", "街", "大道", "巷", "东路", "西路", "南路", "北路"];
pub const ESTATES: &[&str] = &[
    "江景花园",
    "翠湖苑",
    "阳光小区",
    "金色家园",
    "书香门第",
    "锦绣华庭",
    "御景湾",
    "和谐新村",
    "东方名苑",
    "丽水雅居",
    "世纪城",
    "枫林苑",
    "春江花月",
    "平安小区",
    "教师新村",
    "机械厂家属院",
];

pub const COMPANY_FIRST: &[&str] = &[
    "宏", "盛", "鼎", "恒", "瑞", "华", "泰", "鑫", "嘉", "博", "远", "锦", "天", "中", "安", "凯", "金", "立", "万", "永", "新", "正",
    "启", "昌", "旭", "海", "康", "德", "隆", "佳", "东", "信", "润", "百", "科", "聚", "禾", "兴", "汇", "卓",
];
pub const COMPANY_SECOND: &[&str] = &[
    "达", "源", "泰", "丰", "华", "业", "和", "通", "盛", "鑫", "创", "腾", "宇", "诚", "邦", "信", "茂", "晟", "航", "越", "辉", "凯",
    "润", "强", "成", "耀", "岳", "合", "林", "川", "江", "普", "同", "益", "隆", "扬",
];

/// Code in the industry dictionary, the word in a name, what it does, and how big such firms are.
pub struct Industry {
    pub code: &'static str,
    pub words: &'static [&'static str],
    pub scope: &'static str,
    pub weight: u32,
    pub size: f64,
}

pub const INDUSTRIES: &[Industry] = &[
    Industry {
        code: "manufacturing",
        words: &["机械", "精密制造", "电子", "塑业", "纺织", "化工", "汽车零部件", "食品", "包装材料", "五金", "电气设备", "新材料"],
        scope: "产品的研发、制造、销售；货物及技术进出口",
        weight: 26,
        size: 1.6,
    },
    Industry {
        code: "wholesale_retail",
        words: &["贸易", "商贸", "建材", "医药", "百货", "农产品", "汽车销售", "家居"],
        scope: "日用百货、建筑材料、机电设备的批发与零售",
        weight: 24,
        size: 0.6,
    },
    Industry {
        code: "construction",
        words: &["建筑工程", "建设", "装饰工程", "园林工程", "市政工程", "路桥"],
        scope: "房屋建筑和市政基础设施工程施工；建筑装饰装修",
        weight: 12,
        size: 1.8,
    },
    Industry {
        code: "transport",
        words: &["物流", "运输", "供应链", "航运"],
        scope: "道路货物运输；仓储服务；供应链管理",
        weight: 8,
        size: 0.9,
    },
    Industry {
        code: "software",
        words: &["科技", "信息技术", "网络科技", "软件", "数据技术"],
        scope: "软件开发；信息系统集成服务；技术咨询",
        weight: 10,
        size: 0.7,
    },
    Industry {
        code: "real_estate", words: &["置业", "房地产开发", "物业管理"], scope: "房地产开发经营；物业管理", weight: 4, size: 3.0
    },
    Industry {
        code: "hospitality", words: &["餐饮管理", "酒店管理", "文旅"], scope: "餐饮服务；住宿服务；旅游开发", weight: 6, size: 0.5
    },
    Industry {
        code: "agriculture",
        words: &["农业发展", "生态农业", "种业", "水产"],
        scope: "农作物种植；水产养殖；农产品初加工",
        weight: 5,
        size: 0.5,
    },
    Industry {
        code: "health",
        words: &["医疗器械", "生物医药", "健康管理"],
        scope: "医疗器械的研发与销售；健康咨询",
        weight: 3,
        size: 1.2,
    },
    Industry {
        code: "education", words: &["教育咨询", "文化传媒", "体育发展"], scope: "教育信息咨询；文化活动策划", weight: 4, size: 0.3
    },
    Industry {
        code: "energy",
        words: &["能源", "新能源", "环保", "水务"],
        scope: "新能源技术开发；环境保护工程；供水服务",
        weight: 3,
        size: 2.5,
    },
    Industry {
        code: "business_services",
        words: &["管理咨询", "人力资源", "广告", "会展"],
        scope: "企业管理咨询；人力资源服务；广告设计制作",
        weight: 5,
        size: 0.3,
    },
];

pub const OTHER_BANKS: &[&str] = &["江南农村商业银行", "东岭银行", "海川银行", "四方银行", "华江银行", "临江农村信用合作联社"];
pub const SHOPS: &[&str] =
    &["万家超市", "悦购商城", "临江加油站", "天天鲜果", "同心药房", "一品餐厅", "快送到家", "出行服务", "手机充值", "江城影院"];

/// What was said, and what follows from it.
pub struct Talk {
    pub summary: &'static str,
    pub outcome: &'static str,
    pub next: Option<&'static str>,
}

const fn talk(summary: &'static str, outcome: &'static str, next: Option<&'static str>) -> Talk {
    Talk { summary, outcome, next }
}

pub const TALKS: &[Talk] = &[
    talk("致电告知定期存款即将到期，介绍转存利率。", "客户表示到期前来网点办理", Some("到期前两天再次提醒")),
    talk("回访理财产品持有体验，解释净值波动。", "客户表示理解，暂不赎回", None),
    talk("邀请参加网点财富讲座。", "答应参加", Some("确认到场人数")),
    talk("介绍大额存单新一期额度。", "需要与家人商量", Some("三天后跟进大额存单意向")),
    talk("核实联系地址与工作单位变更。", "信息已更新", None),
    talk("客户到店咨询房贷提前还款。", "已说明流程与所需材料", Some("准备提前还款测算表")),
    talk("生日问候。", "客户致谢", None),
    talk("讲解手机银行转账限额与安全工具。", "已协助开通", None),
    talk("电话未接通，已发送短信。", "未接通", Some("换时段再次致电")),
    talk("推荐稳健型理财，完成风险评估。", "风险等级为稳健型，有意向", Some("发送产品说明书")),
    talk("上门收集贷后检查资料。", "资料齐全", None),
    talk("了解企业下半年订单与资金安排。", "预计四季度有流动资金需求", Some("准备授信方案")),
    talk("沟通代发工资业务合作。", "客户财务负责人需内部讨论", Some("约见财务负责人")),
    talk("协助办理子女教育金规划。", "倾向年金保险", Some("出具两套方案对比")),
    talk("客户反映他行利率更高，有转出意向。", "愿意听取方案", Some("申请利率优惠并答复")),
    talk("沟通信用卡分期方案。", "暂不需要", None),
];

pub const COMPLAINTS: &[(&str, &str)] = &[
    ("排队时间过长", "客户在网点等候超过五十分钟，要求改进叫号管理。"),
    ("理财收益低于预期", "客户认为销售时对净值波动说明不充分。"),
    ("短信费争议", "客户称未同意开通动账短信服务，要求退还费用。"),
    ("信用卡年费", "客户认为已满足免年费条件仍被扣收。"),
    ("手机银行无法登录", "升级后连续两天无法登录，影响转账。"),
    ("贷款审批进度慢", "提交材料三周未收到答复。"),
    ("营销电话频繁", "一周内接到三次同类产品推荐，要求停止。"),
];
