#include "base/units.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <limits>
#include <optional>

namespace forewarn {
namespace {

constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();

struct Unit {
  std::string_view name;
  uint64_t factor;
};

constexpr std::array<Unit, 7> kDurationUnits = {{{"y", 365ull * 24 * 3'600'000},
                                                 {"w", 7ull * 24 * 3'600'000},
                                                 {"d", 24ull * 3'600'000},
                                                 {"h", 3'600'000},
                                                 {"m", 60'000},
                                                 {"s", 1'000},
                                                 {"ms", 1}}};

constexpr std::array<Unit, 4> kBinaryUnits = {
    {{"TiB", 1ull << 40}, {"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}}};
constexpr std::array<Unit, 4> kDecimalUnits = {
    {{"TB", 1'000'000'000'000}, {"GB", 1'000'000'000}, {"MB", 1'000'000}, {"kB", 1'000}}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Takes `number unit` off the front. Nothing when there is no number there, or one with a leading
// zero or one that does not fit 64 bits signed; the unit may come out empty.
struct Quantity {
  uint64_t number;
  std::string_view unit;
};
std::optional<Quantity> TakeQuantity(std::string_view& text) {
  size_t digits = 0;
  uint64_t number = 0;
  while (digits < text.size() && IsDigit(text[digits])) {
    uint64_t digit = static_cast<uint64_t>(text[digits] - '0');
    if (number > (kMax - digit) / 10) return std::nullopt;
    number = number * 10 + digit;
    ++digits;
  }
  if (digits == 0 || (digits > 1 && text[0] == '0')) return std::nullopt;
  size_t end = digits;
  while (end < text.size() && IsLetter(text[end])) ++end;
  Quantity quantity{number, text.substr(digits, end - digits)};
  text.remove_prefix(end);
  return quantity;
}

// sum + number × factor, or nothing when that passes kMax.
std::optional<uint64_t> AddProduct(uint64_t sum, uint64_t number, uint64_t factor) {
  if (number > kMax / factor || number * factor > kMax - sum) return std::nullopt;
  return sum + number * factor;
}

uint64_t Magnitude(int64_t v) {
  return v < 0 ? ~static_cast<uint64_t>(v) + 1 : static_cast<uint64_t>(v);
}

Status BadDuration(std::string_view text) {
  return InvalidArgument(fmt::format(
      "'{}' is not a duration; write it with units, largest first, such as 1h30m or 250ms",
      text.substr(0, 64)));
}

Status BadSize(std::string_view text) {
  return InvalidArgument(fmt::format(
      "'{}' is not a size; write it with a unit, such as 64MiB, 4KiB or 512B", text.substr(0, 64)));
}

Status BadTime(std::string_view text) {
  return InvalidArgument(fmt::format(
      "'{}' is not a time; write it as 2026-05-01T10:00:00Z or 2026-05-01T12:00:00+02:00",
      text.substr(0, 64)));
}

// Reads exactly `count` digits off the front.
std::optional<int> TakeDigits(std::string_view& text, size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!IsDigit(text[i])) return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool TakeChar(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// `Z`, `+02:00` or `-09:30`, as minutes east of UTC.
std::optional<int> TakeOffset(std::string_view& text) {
  if (TakeChar(text, 'Z')) return 0;
  int sign = TakeChar(text, '+') ? 1 : TakeChar(text, '-') ? -1 : 0;
  if (sign == 0) return std::nullopt;
  auto hours = TakeDigits(text, 2);
  if (!hours || *hours > 23 || !TakeChar(text, ':')) return std::nullopt;
  auto minutes = TakeDigits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return sign * (*hours * 60 + *minutes);
}

}  // namespace

StatusOr<Duration> ParseDuration(std::string_view text) {
  std::string_view rest = text;
  uint64_t total = 0;
  size_t next_unit = 0;  // units before this one are used up
  if (text.empty()) return BadDuration(text);
  while (!rest.empty()) {
    auto quantity = TakeQuantity(rest);
    if (!quantity) return BadDuration(text);
    size_t unit = next_unit;
    while (unit < kDurationUnits.size() && kDurationUnits[unit].name != quantity->unit) ++unit;
    if (unit == kDurationUnits.size()) return BadDuration(text);
    auto sum = AddProduct(total, quantity->number, kDurationUnits[unit].factor);
    if (!sum)
      return InvalidArgument(fmt::format("'{}' is too long a duration", text.substr(0, 64)));
    total = *sum;
    next_unit = unit + 1;
  }
  return Duration(static_cast<int64_t>(total));
}

std::string FormatDuration(Duration d) {
  if (d.count() == 0) return "0s";
  std::string out = d.count() < 0 ? "-" : "";
  uint64_t rest = Magnitude(d.count());
  for (const Unit& unit : kDurationUnits) {
    // Years and weeks only when nothing else is needed: 10d, not 1w3d.
    bool whole = unit.name == "y" || unit.name == "w";
    if (rest < unit.factor || (whole && rest % unit.factor != 0)) continue;
    out += fmt::format("{}{}", rest / unit.factor, unit.name);
    rest %= unit.factor;
  }
  return out;
}

StatusOr<int64_t> ParseSize(std::string_view text) {
  std::string_view rest = text;
  auto quantity = TakeQuantity(rest);
  if (!quantity || !rest.empty()) return BadSize(text);
  uint64_t factor = quantity->unit == "B" ? 1 : 0;
  for (const Unit& unit : kBinaryUnits) {
    if (unit.name == quantity->unit) factor = unit.factor;
  }
  for (const Unit& unit : kDecimalUnits) {
    if (unit.name == quantity->unit) factor = unit.factor;
  }
  if (factor == 0) return BadSize(text);
  auto bytes = AddProduct(0, quantity->number, factor);
  if (!bytes) return InvalidArgument(fmt::format("'{}' is too large a size", text.substr(0, 64)));
  return static_cast<int64_t>(*bytes);
}

std::string FormatSize(int64_t bytes) {
  std::string_view sign = bytes < 0 ? "-" : "";
  uint64_t size = Magnitude(bytes);
  const Unit* largest = nullptr;
  for (const auto* units : {&kBinaryUnits, &kDecimalUnits}) {
    for (const Unit& unit : *units) {
      bool exact = size != 0 && size % unit.factor == 0;
      if (exact && (largest == nullptr || unit.factor > largest->factor)) largest = &unit;
    }
  }
  if (largest != nullptr) return fmt::format("{}{}{}", sign, size / largest->factor, largest->name);
  return fmt::format("{}{}B", sign, size);
}

StatusOr<Timestamp> ParseTime(std::string_view text) {
  std::string_view rest = text;
  auto year = TakeDigits(rest, 4);
  if (!year || !TakeChar(rest, '-')) return BadTime(text);
  auto month = TakeDigits(rest, 2);
  if (!month || !TakeChar(rest, '-')) return BadTime(text);
  auto day = TakeDigits(rest, 2);
  if (!day || !TakeChar(rest, 'T')) return BadTime(text);
  auto hour = TakeDigits(rest, 2);
  if (!hour || *hour > 23 || !TakeChar(rest, ':')) return BadTime(text);
  auto minute = TakeDigits(rest, 2);
  if (!minute || *minute > 59 || !TakeChar(rest, ':')) return BadTime(text);
  auto second = TakeDigits(rest, 2);
  if (!second || *second > 59) return BadTime(text);

  int millis = 0;
  if (TakeChar(rest, '.')) {
    size_t digits = 0;
    for (int scale = 100; digits < rest.size() && IsDigit(rest[digits]); ++digits, scale /= 10) {
      millis += (rest[digits] - '0') * scale;
    }
    if (digits == 0 || digits > 9) return BadTime(text);
    rest.remove_prefix(digits);
  }
  auto offset = TakeOffset(rest);
  if (!offset || !rest.empty()) return BadTime(text);

  std::chrono::year_month_day date{std::chrono::year(*year),
                                   std::chrono::month(static_cast<unsigned>(*month)),
                                   std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return BadTime(text);
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute - *offset) + std::chrono::seconds(*second) + Duration(millis);
}

std::string FormatTime(Timestamp at) {
  // Years 0000 to 9999, as far as four digits reach.
  constexpr int64_t kFirst = -62'167'219'200'000;
  constexpr int64_t kLast = 253'402'300'799'999;
  if (ToMillis(at) < kFirst || ToMillis(at) > kLast) return fmt::format("@{}ms", ToMillis(at));
  auto day = std::chrono::floor<std::chrono::days>(at);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss time(at - day);
  std::string out =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  time.hours().count(), time.minutes().count(), time.seconds().count());
  if (time.subseconds().count() != 0) out += fmt::format(".{:03}", time.subseconds().count());
  return out + "Z";
}

}  // namespace forewarn
