"""The words of the invented company: names, places, goods and what customers say."""

from typing import NamedTuple


class Place(NamedTuple):
    """A town with one postcode and its centre in degrees."""

    country_code: str
    postcode: str
    city: str
    region: str
    latitude: float
    longitude: float


class Market(NamedTuple):
    """How a country pays, speaks, taxes and telephones (numbers are reserved for fiction)."""

    currency: str
    language: str
    tax_rate: str
    phone_pattern: str

    def phone(self, number: int) -> str:
        """A number of its own for each customer number below 1,000."""
        return self.phone_pattern.format(number=number, area=202 + number // 100, last=number % 100)


GERMAN_PLACES = (
    Place("DE", "10115", "Berlin", "Berlin", 52.5323, 13.3846),
    Place("DE", "20095", "Hamburg", "Hamburg", 53.5503, 10.0007),
    Place("DE", "80331", "München", "Bayern", 48.1345, 11.5710),
    Place("DE", "50667", "Köln", "Nordrhein-Westfalen", 50.9384, 6.9544),
    Place("DE", "60311", "Frankfurt am Main", "Hessen", 50.1109, 8.6821),
    Place("DE", "70173", "Stuttgart", "Baden-Württemberg", 48.7784, 9.1800),
    Place("DE", "04109", "Leipzig", "Sachsen", 51.3397, 12.3731),
    Place("DE", "28195", "Bremen", "Bremen", 53.0793, 8.8017),
    Place("DE", "90402", "Nürnberg", "Bayern", 49.4521, 11.0767),
    Place("DE", "01067", "Dresden", "Sachsen", 51.0504, 13.7373),
)
FOREIGN_PLACES = (
    Place("GB", "EC1A 1BB", "London", "England", 51.5202, -0.0973),
    Place("GB", "M1 1AE", "Manchester", "England", 53.4774, -2.2309),
    Place("GB", "EH1 1YZ", "Edinburgh", "Scotland", 55.9508, -3.1883),
    Place("US", "10001", "New York", "NY", 40.7506, -73.9972),
    Place("US", "60601", "Chicago", "IL", 41.8858, -87.6229),
    Place("US", "94103", "San Francisco", "CA", 37.7726, -122.4099),
)
PLACES = GERMAN_PLACES + FOREIGN_PLACES

MARKETS = {
    "DE": Market("EUR", "de", "0.19", "+49 30 23125{number:03d}"),
    "GB": Market("GBP", "en", "0.20", "+44 20 7946 0{number:03d}"),
    "US": Market("USD", "en", "0", "+1 {area} 555 01{last:02d}"),
}

FIRST_NAMES = {
    "f": ("Anna", "Emma", "Zoë", "Lena", "Mia", "Sofia", "Grace", "Renée", "Olivia", "Jule"),
    "m": ("Ben", "Jürgen", "Noah", "Paul", "Jack", "Léon", "Oscar", "Henry", "Tim", "Björn"),
}
LAST_NAMES = (
    "Müller", "Schmidt", "Fischer", "Weber", "Wagner", "Becker", "Hoffmann", "Koch", "Richter",
    "Klein", "Smith", "Jones", "Taylor", "Brown", "O'Neill", "Walker", "Green", "von Berg",
)  # fmt: skip
INCOME_BANDS = ("under 25K", "25-49K", "50-74K", "75-99K", "100K+")
MARITAL_STATUSES = ("single", "married", "divorced", "widowed")
HOME_OWNERSHIPS = ("owner", "renter")
STREETS = ("Musterstraße", "Beispielweg", "Example Street", "Sample Avenue", "Testallee")

# department, category: (product, least price, greatest price)
ASSORTMENT = {
    ("Outdoor", "Tents"): ("Tent", 90, 420),
    ("Outdoor", "Backpacks"): ("Backpack", 45, 180),
    ("Outdoor", "Sleeping bags"): ("Sleeping bag", 50, 210),
    ("Clothing", "Jackets"): ("Jacket", 60, 260),
    ("Clothing", "Trousers"): ("Trousers", 35, 120),
    ("Clothing", "Socks"): ("Socks", 8, 25),
    ("Footwear", "Hiking boots"): ("Hiking boots", 80, 240),
    ("Footwear", "Sandals"): ("Sandals", 30, 90),
    ("Kitchen", "Stoves"): ("Stove", 25, 130),
    ("Kitchen", "Bottles"): ("Bottle", 9, 40),
    ("Care", "Waterproofing"): ("Waterproofing spray", 7, 18),
    ("Care", "First aid"): ("First aid kit", 12, 45),
}
BRANDS = ("Nordlicht", "Alpenglanz", "Tramp & Co", "Fieldmark", "Sample Basics")
VARIANTS = ("Light", "Classic", "Pro", "Junior", "Trail")

CAMPAIGN_THEMES = (
    ("Summer sale", "email", "seasonal"),
    ("New boots", "email", "product news"),
    ("Autumn days", "email", "seasonal"),
    ("Black week", "push", "seasonal"),
    ("Winter warmers", "email", "seasonal"),
    ("Club points", "mail", "coupon booklet"),
    ("Spring trails", "email", "seasonal"),
    ("Festival gear", "sms", "product news"),
)

# language and text; line breaks, commas and quotes are meant
PRAISE = (
    ("en", "Great quality, fast delivery, friendly people."),
    ("de", "Sehr zufrieden, gerne wieder!"),
    ("en", 'The tent is exactly as described: "light as a feather".'),
    ("de", "Tolle Beratung in der Filiale.\nDanke an das ganze Team!"),
    ("en", "Perfect fit; my second pair already."),
)
NEUTRAL = (
    ("en", "Okay, but the parcel was bigger than needed."),
    ("de", "Preis in Ordnung, Auswahl könnte größer sein."),
    ("en", "Does what it should,\nnothing more, nothing less."),
    ("en", "Delivery took a week, product is fine."),
)
COMPLAINT = (
    ("en", "Parcel arrived late, and nobody answered the phone."),
    ("en", 'Zipper broke on the first day.\n\nThe shop said "not our problem".'),
    ("de", "Falsche Größe geliefert, Rückgabe war umständlich."),
    ("en", "I was charged twice, please call me back!"),
)
