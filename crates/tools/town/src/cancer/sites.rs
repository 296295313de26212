//! Sites of cancer, how frequent each is in men and women, what it looks like, and how fast it kills.

/// A site as the registry sees it.
#[derive(Debug)]
pub(super) struct Site {
    /// Its name in truth files.
    pub(super) name: &'static str,
    /// Category of ICD-O: 34 of C34.
    pub(super) category: u16,
    /// Parts that occur.
    pub(super) parts: &'static [u16],
    /// How frequent in men and in women, on one scale.
    pub(super) weights: [u32; 2],
    /// Histologies, with the grade that goes with each (0: throw a grade).
    pub(super) histologies: &'static [(u16, u8)],
    /// Whether it has two sides.
    pub(super) paired: bool,
    /// Of a thousand, how many are in situ.
    pub(super) in_situ: u32,
    /// Histology of those in situ.
    pub(super) in_situ_histology: u16,
    /// Excess hazard a year when localised; three times that when regional, fifteen times when distant.
    pub(super) excess: f64,
    /// Whether it occurs before the age of forty in this town.
    pub(super) young: bool,
    /// Whether it is of blood or lymph, and has no extent.
    pub(super) systemic: bool,
}

const fn solid(
    name: &'static str,
    category: u16,
    parts: &'static [u16],
    weights: [u32; 2],
    histologies: &'static [(u16, u8)],
    excess: f64,
) -> Site {
    Site {
        name,
        category,
        parts,
        weights,
        histologies,
        paired: false,
        in_situ: 0,
        in_situ_histology: 8010,
        excess,
        young: false,
        systemic: false,
    }
}

const fn paired(site: Site) -> Site {
    Site { paired: true, ..site }
}

const fn in_situ(site: Site, of_a_thousand: u32, histology: u16) -> Site {
    Site { in_situ: of_a_thousand, in_situ_histology: histology, ..site }
}

const fn young(site: Site) -> Site {
    Site { young: true, ..site }
}

const fn systemic(site: Site) -> Site {
    Site { systemic: true, young: true, ..site }
}

/// The sites, with frequencies of the order of Japan's.
pub(super) static SITES: [Site; 18] = [
    solid("oesophagus", 15, &[4, 5, 9], [32, 7], &[(8070, 0)], 0.12),
    solid("stomach", 16, &[0, 1, 2, 3, 4, 5, 6, 8, 9], [100, 45], &[(8140, 0), (8211, 0), (8490, 0)], 0.03),
    in_situ(solid("colon", 18, &[0, 2, 4, 6, 7, 9], [100, 90], &[(8140, 0), (8480, 0)], 0.02), 180, 8140),
    solid("rectum", 20, &[9], [45, 28], &[(8140, 0)], 0.03),
    solid("liver", 22, &[0], [35, 17], &[(8170, 0)], 0.2),
    solid("gallbladder", 23, &[9], [12, 12], &[(8140, 0)], 0.2),
    solid("pancreas", 25, &[0, 1, 2, 9], [30, 30], &[(8500, 0), (8140, 0)], 0.5),
    paired(solid("lung", 34, &[1, 2, 3, 9], [110, 55], &[(8140, 0), (8070, 0), (8041, 4)], 0.07)),
    systemic(solid("leukaemia", 42, &[1], [12, 9], &[(9861, 9), (9805, 9)], 0.3)),
    in_situ(paired(solid("breast", 50, &[2, 4, 5, 9], [1, 150], &[(8500, 0), (8520, 0)], 0.01)), 120, 8500),
    in_situ(solid("cervix", 53, &[9], [0, 17], &[(8070, 0)], 0.05), 300, 8070),
    solid("corpus", 54, &[1], [0, 30], &[(8380, 0)], 0.03),
    paired(solid("ovary", 56, &[9], [0, 20], &[(8441, 0), (8310, 0)], 0.08)),
    solid("prostate", 61, &[9], [140, 0], &[(8140, 0)], 0.002),
    paired(solid("kidney", 64, &[9], [30, 13], &[(8312, 0)], 0.03)),
    in_situ(solid("bladder", 67, &[0, 2, 9], [25, 8], &[(8120, 0)], 0.04), 250, 8130),
    young(solid("thyroid", 73, &[9], [6, 18], &[(8260, 9)], 0.002)),
    systemic(solid("lymphoma", 77, &[0, 2, 4, 8], [30, 25], &[(9680, 6), (9690, 6)], 0.08)),
];
