"""Names, places and goods that the simulated company is made of."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A town with its postcode and position."""

    country_code: str
    region: str
    city: str
    postcode: str
    latitude: float
    longitude: float


LANGUAGES = {"GB": "en", "ES": "es", "PT": "pt", "HU": "hu"}
CURRENCIES = {"GB": "GBP", "ES": "EUR", "PT": "EUR", "HU": "HUF"}
FIRST_RATES = {"GBP": 1.17, "HUF": 0.00253}
COUNTRY_SHARES = {"GB": 0.35, "ES": 0.3, "PT": 0.15, "HU": 0.2}
DIAL_CODES = {"GB": "+447", "ES": "+346", "PT": "+3519", "HU": "+3620"}
PHONE_DIGITS = {"GB": 9, "ES": 8, "PT": 8, "HU": 7}

PLACES = (
    Place("GB", "London", "London", "N1 9GU", 51.534, -0.122),
    Place("GB", "London", "Croydon", "CR0 1JJ", 51.376, -0.098),
    Place("GB", "London", "Ealing", "W5 5JY", 51.513, -0.305),
    Place("GB", "North West", "Manchester", "M1 1AE", 53.478, -2.242),
    Place("GB", "North West", "Liverpool", "L1 8JQ", 53.404, -2.981),
    Place("GB", "North West", "Preston", "PR1 2HE", 53.759, -2.699),
    Place("ES", "Madrid", "Madrid", "28013", 40.419, -3.705),
    Place("ES", "Madrid", "Getafe", "28901", 40.305, -3.731),
    Place("ES", "Madrid", "Alcalá de Henares", "28801", 40.482, -3.364),
    Place("ES", "Andalucía", "Sevilla", "41001", 37.389, -5.996),
    Place("ES", "Andalucía", "Málaga", "29001", 36.721, -4.421),
    Place("ES", "Andalucía", "Granada", "18001", 37.177, -3.599),
    Place("PT", "Lisboa", "Lisboa", "1100-001", 38.712, -9.137),
    Place("PT", "Lisboa", "Sintra", "2710-001", 38.801, -9.378),
    Place("PT", "Lisboa", "Setúbal", "2900-001", 38.524, -8.893),
    Place("PT", "Norte", "Porto", "4000-001", 41.150, -8.610),
    Place("PT", "Norte", "Braga", "4700-001", 41.550, -8.420),
    Place("PT", "Norte", "Guimarães", "4800-001", 41.443, -8.296),
    Place("HU", "Budapest", "Budapest", "1051", 47.498, 19.050),
    Place("HU", "Budapest", "Újpest", "1041", 47.563, 19.089),
    Place("HU", "Budapest", "Kőbánya", "1102", 47.490, 19.134),
    Place("HU", "Észak-Alföld", "Debrecen", "4024", 47.531, 21.627),
    Place("HU", "Észak-Alföld", "Nyíregyháza", "4400", 47.955, 21.717),
    Place("HU", "Észak-Alföld", "Szolnok", "5000", 47.175, 20.196),
)

FEMALE_NAMES = {
    "GB": "Olivia Amelia Isla Ava Mia Grace Sophie Emily Lucy Charlotte Hannah Jessica Alice Ruby"
    " Megan Eleanor Margaret Susan Patricia Helen Karen Jane Claire Rachel Emma Laura Zoe Holly",
    "ES": "María Carmen Ana Isabel Laura Cristina Marta Sara Paula Lucía Elena Raquel Pilar"
    " Mercedes Rosario Teresa Beatriz Silvia Nuria Patricia Rocío Alba Irene Julia Sofía Inés",
    "PT": "Maria Ana Joana Inês Beatriz Carolina Mariana Sofia Catarina Rita Marta Sara Teresa"
    " Helena Isabel Luísa Margarida Matilde Leonor Filipa Patrícia Sandra Cláudia Vera Sílvia",
    "HU": "Anna Zsuzsanna Katalin Erzsébet Ilona Éva Mária Ágnes Judit Eszter Réka Nóra Dóra"
    " Zsófia Lilla Hanna Boglárka Petra Tímea Edit Krisztina Andrea Mónika Orsolya Virág Csilla",
}
MALE_NAMES = {
    "GB": "Oliver George Harry Jack Noah Leo Arthur Oscar Thomas James William Henry Samuel Daniel"
    " Joseph David Michael Peter Andrew Stephen Paul Mark Ian Graham Simon Adam Luke Ryan",
    "ES": "Antonio José Manuel Francisco Juan David Javier Daniel Carlos Jesús Alejandro Miguel"
    " Rafael Pablo Pedro Ángel Sergio Fernando Jorge Luis Alberto Álvaro Diego Adrián Iván Raúl",
    "PT": "João José António Francisco Pedro Luís Manuel Carlos Paulo Miguel Rui Tiago Diogo Nuno"
    " Ricardo André Bruno Hugo Gonçalo Duarte Tomás Rodrigo Fernando Jorge Vítor Sérgio",
    "HU": "László István József János Zoltán Sándor Ferenc Gábor Attila Péter Tamás Zsolt Tibor"
    " András Csaba Imre Lajos György Balázs Gergő Bence Máté Dániel Ádám Dávid Levente Kristóf",
}
LAST_NAMES = {
    "GB": "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson"
    " Evans Walker White Roberts Green Hall Thomas Clarke Jackson Wood Harris Edwards Turner"
    " Martin Cooper Hill Ward Hughes Moore Clark King Baker Allen Mitchell Shah Bell Young Carter"
    " Richardson Watson Scott Adams Ahmed O'Brien Murphy Hunt Palmer Mills Grant Barnes",
    "ES": "García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez"
    " Ruiz Hernández Díaz Moreno Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez"
    " Vázquez Ramos Gil Ramírez Serrano Blanco Molina Morales Suárez Ortega Delgado Castro Ortiz"
    " Rubio Marín Sanz Núñez Iglesias Medina Garrido Cortés Castillo Santos Lozano Guerrero",
    "PT": "Silva Santos Ferreira Pereira Oliveira Costa Rodrigues Martins Jesus Sousa Fernandes"
    " Gonçalves Gomes Lopes Marques Alves Almeida Ribeiro Pinto Carvalho Teixeira Moreira Correia"
    " Mendes Nunes Soares Vieira Monteiro Cardoso Rocha Neves Coelho Cruz Cunha Pires Ramos Reis"
    " Simões Antunes Matos Fonseca Machado Araújo Barbosa Tavares Lourenço Figueiredo",
    "HU": "Nagy Kovács Tóth Szabó Horváth Varga Kiss Molnár Németh Farkas Balogh Papp Takács"
    " Juhász Lakatos Mészáros Oláh Simon Rácz Fekete Szilágyi Török Fehér Balázs Gál Kis Szűcs"
    " Kocsis Pintér Fodor Orsós Szalai Sipos Magyar Lukács Gulyás Biró Király Katona László"
    " Jakab Bogdán Balog Sándor Boros Fazekas Kelemen Antal Somogyi Váradi",
}
STREETS = {
    "GB": "High Street|Station Road|Church Lane|Victoria Road|Green Lane|Park Avenue|Mill Lane",
    "ES": "Calle Mayor|Calle Real|Avenida de la Constitución|Calle del Sol|Plaza Nueva|Calle Nueva",
    "PT": "Rua Direita|Rua da Igreja|Avenida da Liberdade|Rua do Sol|Largo do Rossio|Rua Nova",
    "HU": "Fő utca|Petőfi Sándor utca|Kossuth Lajos utca|Rákóczi út|Dózsa György út|Ady Endre utca",
}
MAIL_HOSTS = ("example.com", "example.org", "example.net", "mail.example", "post.example")

# (department, category): (noun, least and greatest list price in euros, share of sales)
ASSORTMENT = {
    ("Clothing", "Shirts"): ("Shirt", 15, 60, 0.14),
    ("Clothing", "Trousers"): ("Trousers", 25, 90, 0.12),
    ("Clothing", "Jackets"): ("Jacket", 50, 220, 0.07),
    ("Clothing", "Dresses"): ("Dress", 30, 130, 0.08),
    ("Shoes", "Trainers"): ("Trainers", 40, 140, 0.11),
    ("Shoes", "Boots"): ("Boots", 60, 190, 0.06),
    ("Home", "Bedding"): ("Duvet cover", 25, 110, 0.09),
    ("Home", "Kitchen"): ("Pan", 18, 95, 0.09),
    ("Electronics", "Audio"): ("Headphones", 25, 260, 0.09),
    ("Electronics", "Accessories"): ("Charger", 9, 45, 0.15),
}
VARIANTS = (
    "Classic", "Sport", "Light", "Premium", "Eco", "Slim", "Comfort", "Studio", "Urban", "Nordic",
    "Essential", "Heritage",
)  # fmt: skip
BRANDS = ("Alder & Finch", "Brisa", "Corvo", "Duna", "Estela", "Fenyves")
