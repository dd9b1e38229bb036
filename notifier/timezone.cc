#include "notifier/timezone.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/bytes.h"
#include "base/file.h"

namespace forewarn {
namespace {

constexpr size_t kFileBytesMax = 1 << 20;
constexpr int32_t kOffsetMax = 26 * 3600;  // as RFC 9636 recommends

Status Damaged() { return DataLoss("not a zone file, or damaged"); }

// The header of a block, and the block's length by it.
struct Header {
  char version = 0;
  uint64_t is_ut = 0, is_std = 0, leaps = 0, times = 0, types = 0, chars = 0;

  bool Read(Decoder& in) {
    if (in.Raw(4) != "TZif") return false;
    version = static_cast<char>(in.U8());
    in.Raw(15);
    for (uint64_t* count : {&is_ut, &is_std, &leaps, &times, &types, &chars}) *count = in.Key32();
    return !in.failed();
  }
  uint64_t BlockBytes(uint64_t time_bytes) const {
    return times * (time_bytes + 1) + types * 6 + chars + leaps * (time_bytes + 4) + is_std + is_ut;
  }
};

// Reads `[0-9]+` up to `max`.
bool ParseNumber(std::string_view& text, int max, int& number) {
  size_t digits = 0;
  number = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    number = number * 10 + (text[digits] - '0');
    if (number > max) return false;
    ++digits;
  }
  text.remove_prefix(digits);
  return digits > 0;
}

bool Take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// `[+-]hh[:mm[:ss]]` in seconds.
bool ParseClock(std::string_view& text, int hours_max, int32_t& seconds) {
  int sign = 1;
  if (Take(text, '-')) {
    sign = -1;
  } else {
    Take(text, '+');
  }
  int hours = 0, minutes = 0, rest = 0;
  if (!ParseNumber(text, hours_max, hours)) return false;
  if (Take(text, ':') && !ParseNumber(text, 59, minutes)) return false;
  if (Take(text, ':') && !ParseNumber(text, 59, rest)) return false;
  seconds = sign * (hours * 3600 + minutes * 60 + rest);
  return true;
}

// `CET` or `<+03>`.
bool SkipName(std::string_view& text) {
  if (Take(text, '<')) {
    size_t end = text.find('>');
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
    return true;
  }
  size_t letters = 0;
  auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  while (letters < text.size() && is_letter(text[letters])) ++letters;
  text.remove_prefix(letters);
  return letters >= 3;
}

bool IsZoneName(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '/' || name.find("..") != name.npos)
    return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+' || c == '/';
  });
}

}  // namespace

StatusOr<TimeZone> TimeZone::Parse(std::string_view bytes) {
  Decoder in(bytes);
  Header header;
  if (!header.Read(in)) return Damaged();
  uint64_t time_bytes = 4;
  if (header.version >= '2') {
    // The first block is for readers who know 32 bits only.
    in.Raw(header.BlockBytes(4));
    if (!header.Read(in)) return Damaged();
    time_bytes = 8;
  }
  if (header.types == 0 || header.BlockBytes(time_bytes) > in.remaining()) return Damaged();

  TimeZone zone;
  zone.transitions_.resize(header.times);
  for (Transition& transition : zone.transitions_) {
    transition.at =
        time_bytes == 8 ? static_cast<int64_t>(in.Key64()) : static_cast<int32_t>(in.Key32());
  }
  std::string_view types_of = in.Raw(header.times);
  std::vector<int32_t> offsets(header.types);
  for (int32_t& offset : offsets) {
    offset = static_cast<int32_t>(in.Key32());
    in.Raw(2);  // daylight flag, name
    if (offset < -kOffsetMax || offset > kOffsetMax) return Damaged();
  }
  for (size_t i = 0; i < types_of.size(); ++i) {
    auto type = static_cast<uint8_t>(types_of[i]);
    if (type >= offsets.size()) return Damaged();
    if (i > 0 && zone.transitions_[i].at <= zone.transitions_[i - 1].at) return Damaged();
    zone.transitions_[i].offset = offsets[type];
  }
  zone.first_offset_ = offsets.front();
  in.Raw(header.chars);
  in.Raw(header.leaps * (time_bytes + 4) + header.is_std + header.is_ut);
  if (in.failed()) return Damaged();

  if (time_bytes == 8) {
    std::string_view footer = in.Rest();
    if (footer.size() < 2 || footer.front() != '\n' || footer.back() != '\n') return Damaged();
    footer = footer.substr(1, footer.size() - 2);
    if (!footer.empty()) {
      FW_ASSIGN_OR_RETURN(zone.rule_, ParseRule(footer));
    }
  }
  return zone;
}

// `std offset [dst [offset] [,begin[/time],end[/time]]]`, as POSIX defines TZ; offsets count
// westwards.
StatusOr<TimeZone::Rule> TimeZone::ParseRule(std::string_view text) {
  Rule rule;
  int32_t west = 0;
  if (!SkipName(text) || !ParseClock(text, 24, west)) return Damaged();
  rule.standard = -west;
  if (text.empty()) return rule;
  if (!SkipName(text)) return Damaged();
  rule.daylight = rule.standard + 3600;
  if (!text.empty() && text.front() != ',') {
    if (!ParseClock(text, 24, west)) return Damaged();
    rule.daylight = -west;
  }
  Day begins, ends;
  if (!ParseDay(text, begins) || !ParseDay(text, ends) || !text.empty()) return Damaged();
  rule.begins = begins;
  rule.ends = ends;
  return rule;
}

bool TimeZone::ParseDay(std::string_view& text, Day& day) {
  if (!Take(text, ',')) return false;
  if (Take(text, 'M')) {
    day.kind = Day::Kind::kWeekday;
    if (!ParseNumber(text, 12, day.month) || !Take(text, '.') || !ParseNumber(text, 5, day.week) ||
        !Take(text, '.') || !ParseNumber(text, 6, day.weekday) || day.month == 0 || day.week == 0) {
      return false;
    }
  } else {
    day.kind = Take(text, 'J') ? Day::Kind::kJulian : Day::Kind::kZeroBased;
    if (!ParseNumber(text, 365, day.day)) return false;
    if (day.kind == Day::Kind::kJulian && day.day == 0) return false;
  }
  return !Take(text, '/') || ParseClock(text, 167, day.seconds);
}

int64_t TimeZone::SecondsOf(int year_number, const Day& day) {
  using namespace std::chrono;
  year y{year_number};
  sys_days date;
  switch (day.kind) {
    case Day::Kind::kJulian: {
      date = sys_days(y / January / 1) + days(day.day - 1);
      if (y.is_leap() && day.day >= 60) date += days(1);
      break;
    }
    case Day::Kind::kZeroBased: date = sys_days(y / January / 1) + days(day.day); break;
    case Day::Kind::kWeekday: {
      month m(static_cast<unsigned>(day.month));
      weekday w(static_cast<unsigned>(day.weekday));
      date = day.week == 5 ? sys_days(y / m / w[last])
                           : sys_days(y / m / w[static_cast<unsigned>(day.week)]);
      break;
    }
  }
  return int64_t{date.time_since_epoch().count()} * 86400 + day.seconds;
}

int32_t TimeZone::OffsetOf(const Rule& rule, int64_t at) {
  if (!rule.begins) return rule.standard;
  using namespace std::chrono;
  auto today = floor<days>(sys_seconds(seconds(at + rule.standard)));
  // chrono's years end at 32767; nobody is warned about a time beyond.
  constexpr auto kFar = sys_days(year(9999) / December / 31);
  int year_number = static_cast<int>(
      year_month_day(std::clamp(today, -kFar.time_since_epoch() + sys_days(), kFar)).year());
  int64_t begins = SecondsOf(year_number, *rule.begins) - rule.standard;
  int64_t ends = SecondsOf(year_number, *rule.ends) - rule.daylight;
  bool is_daylight = begins < ends ? at >= begins && at < ends : at >= begins || at < ends;
  return is_daylight ? rule.daylight : rule.standard;
}

std::chrono::seconds TimeZone::OffsetAt(Timestamp when) const {
  int64_t at = std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
  if (!transitions_.empty() && at < transitions_.front().at)
    return std::chrono::seconds(first_offset_);
  if (rule_ && (transitions_.empty() || at >= transitions_.back().at)) {
    return std::chrono::seconds(OffsetOf(*rule_, at));
  }
  if (transitions_.empty()) return std::chrono::seconds(first_offset_);
  auto after = std::upper_bound(transitions_.begin(), transitions_.end(), at,
                                [](int64_t wanted, const Transition& t) { return wanted < t.at; });
  return std::chrono::seconds(std::prev(after)->offset);
}

StatusOr<TimeZone> TimeZone::Load(const std::string& name, const std::string& folder) {
  if (name == "UTC") return TimeZone();
  if (!IsZoneName(name)) {
    return InvalidArgument(
        fmt::format("'{}' is not the name of a time zone, such as Europe/Berlin", name));
  }
  StatusOr<std::string> bytes = ReadFile(folder + "/" + name, kFileBytesMax);
  if (!bytes.ok()) return bytes.status().With(fmt::format("time zone {}", name));
  StatusOr<TimeZone> zone = Parse(*bytes);
  if (!zone.ok()) return zone.status().With(fmt::format("time zone {}", name));
  return zone;
}

}  // namespace forewarn
