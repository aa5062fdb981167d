"""Currencies and how many decimal digits their minor unit has (ISO 4217, list published 2026-01-01).

Rules: every current code that has a minor unit, the fund codes included, and those withdrawn since 2023,
because history that is read again still carries them. Codes without a minor unit (metals, bond units, XDR,
XTS, XXX) are no money here: an amount in them could not be counted in integers.
Never converts anything, and never guesses the digits of a code it does not know.
"""

from typing import Final

_BY_DIGITS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
        "CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
        "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL "
        "MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR "
        "PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
        "TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_WITHDRAWN: Final = {2: "ANG BGN HRK SLL ZWL"}

EXPONENTS: Final[dict[str, int]] = {
    code: digits
    for table in (_BY_DIGITS, _WITHDRAWN)
    for digits, codes in table.items()
    for code in codes.split()
}
"""Currency code → decimal digits of its minor unit: an amount of 1.00 USD is 10 ** 2 minor units."""
