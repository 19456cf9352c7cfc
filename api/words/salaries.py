"""Salaries as people write them in tables: "90-110k €", "$120,000 - $150,000/yr", "60.000 EUR brutto"."""

import re
from dataclasses import dataclass

NUMBER = re.compile(r"(\d[\d.,' \u00a0\u202f]*\d|\d)\s*(k|tsd|mil|m)?\b", re.IGNORECASE)
CODES = {"€": "EUR", "£": "GBP", "zł": "PLN", "₹": "INR"}  # "$" is the sign of many currencies
CODE = re.compile(r"\b(EUR|USD|GBP|CHF|CAD|AUD|NZD|PLN|CZK|SEK|NOK|DKK|JPY|INR|BRL|MXN|SGD|HUF|RON)\b", re.IGNORECASE)
PERIODS = (
    ("hour", r"/\s*h|\bper hour|\bhourly|/\s*(?:std|stunde)|\bpro stunde|\bpar heure|\bpor hora|\ban hour"),
    ("day", r"/\s*d(?:ay)?\b|\bper day|\bdaily|\bpro tag|\bpar jour|\bpor dia|\ba day"),
    ("week", r"/\s*w|\bper week|\bweekly|\bpro woche|\bpar semaine|\ba week"),
    ("month", r"/\s*m|\bper month|\bmonthly|\bpro monat|\bpar mois|\bpor mes|\bal mes|\ba month"),
    ("year", r"/\s*(?:y|a|j)|\bper year|\byearly|\bp\.?\s?a\.?\b|\bannual|\bpro jahr|\bpar an|\bal a[nñ]o|\ba year"),
)
MAX_AMOUNT = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Salary:
    """What a text says about pay; `currency` is a code, or None if a sign does not tell which."""

    low: float
    high: float | None
    currency: str | None
    period: str | None


def salary(text: str) -> Salary | None:
    """Return the pay that a text names; None if it cannot be read with certainty."""
    found = NUMBER.findall(text)
    if not 1 <= len(found) <= 2:
        return None
    amounts = [_amount(number) for number, _ in found]
    if None in amounts:
        return None
    factors = [unit.lower() for _, unit in found]
    if len(found) == 2 and factors[1] and not factors[0]:
        factors[0] = factors[1]  # 90-110k
    if any(factor in ("m", "mil") for factor in factors):
        return None
    values = [float(amount or 0) * (1_000 if factor else 1) for amount, factor in zip(amounts, factors, strict=True)]
    if max(values) > MAX_AMOUNT or values != sorted(values):
        return None
    code = CODE.search(text)
    currency = code[1].upper() if code else next((code for sign, code in CODES.items() if sign in text), None)
    period = next((name for name, words in PERIODS if re.search(words, text, re.IGNORECASE)), None)
    return Salary(values[0], values[1] if len(values) == 2 else None, currency, period)


def amount(text: str) -> float | None:
    """Return one amount, which may have a sign of currency and separators of thousands."""
    found = salary(text)
    return found.low if found is not None and found.high is None else None


def _amount(number: str) -> float | None:
    """Return a number with separators of thousands or decimals; None if it is not clear which they are."""
    plain = re.sub(r"[' \u00a0\u202f]", "", number)
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", plain) and not ("." in plain and "," in plain):
        return float(re.sub(r"[.,]", "", plain))
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+\.\d{1,2}", plain):
        return float(plain.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d{1,2}", plain):
        return float(plain.replace(".", "").replace(",", "."))
    if re.fullmatch(r"\d+(?:[.,]\d{1,2})?", plain):
        return float(plain.replace(",", "."))
    return None
