#include "rules/template_field.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

namespace forewarn::templates {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

// The parts of a time in UTC.
struct Parts {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<Duration> time;
  unsigned weekday = 0;  // 0 is Sunday
  int64_t year_day = 0;  // from 1

  explicit Parts(Timestamp at) : Parts(at, std::chrono::floor<std::chrono::days>(at)) {}

  int year() const { return static_cast<int>(date.year()); }
  unsigned month() const { return static_cast<unsigned>(date.month()); }
  unsigned day() const { return static_cast<unsigned>(date.day()); }
  int64_t hour() const { return time.hours().count(); }
  // 1 to 12
  int64_t clock_hour() const { return hour() % 12 == 0 ? 12 : hour() % 12; }
  std::string_view month_name() const { return kMonths[month() - 1]; }
  std::string_view weekday_name() const { return kWeekdays[weekday]; }

 private:
  Parts(Timestamp at, std::chrono::sys_days day)
      : date(day), time(at - day), weekday(std::chrono::weekday(day).c_encoding()) {
    const std::chrono::sys_days new_year = date.year() / std::chrono::January / 1;
    year_day = (day - new_year).count() + 1;
  }
};

// An element of a layout, and how it is written.
struct Element {
  std::string_view text;
  std::string (*write)(const Parts& parts);
};

// Of two that begin alike, the longer stands first.
constexpr Element kElements[] = {
    {"January", [](const Parts& p) { return std::string(p.month_name()); }},
    {"Jan", [](const Parts& p) { return std::string(p.month_name().substr(0, 3)); }},
    {"Monday", [](const Parts& p) { return std::string(p.weekday_name()); }},
    {"Mon", [](const Parts& p) { return std::string(p.weekday_name().substr(0, 3)); }},
    {"MST", [](const Parts&) { return std::string("UTC"); }},
    {"2006", [](const Parts& p) { return fmt::format("{:04}", p.year()); }},
    {"-07:00", [](const Parts&) { return std::string("+00:00"); }},
    {"-0700", [](const Parts&) { return std::string("+0000"); }},
    {"Z07:00", [](const Parts&) { return std::string("Z"); }},
    {"002", [](const Parts& p) { return fmt::format("{:03}", p.year_day); }},
    {".000", [](const Parts& p) { return fmt::format(".{:03}", p.time.subseconds().count()); }},
    {"01", [](const Parts& p) { return fmt::format("{:02}", p.month()); }},
    {"02", [](const Parts& p) { return fmt::format("{:02}", p.day()); }},
    {"03", [](const Parts& p) { return fmt::format("{:02}", p.clock_hour()); }},
    {"04", [](const Parts& p) { return fmt::format("{:02}", p.time.minutes().count()); }},
    {"05", [](const Parts& p) { return fmt::format("{:02}", p.time.seconds().count()); }},
    {"06", [](const Parts& p) { return fmt::format("{:02}", p.year() % 100); }},
    {"15", [](const Parts& p) { return fmt::format("{:02}", p.hour()); }},
    {"_2", [](const Parts& p) { return fmt::format("{:2}", p.day()); }},
    {"PM", [](const Parts& p) { return std::string(p.hour() < 12 ? "AM" : "PM"); }},
    {"pm", [](const Parts& p) { return std::string(p.hour() < 12 ? "am" : "pm"); }},
    {"1", [](const Parts& p) { return fmt::format("{}", p.month()); }},
    {"2", [](const Parts& p) { return fmt::format("{}", p.day()); }},
    {"3", [](const Parts& p) { return fmt::format("{}", p.clock_hour()); }},
    {"4", [](const Parts& p) { return fmt::format("{}", p.time.minutes().count()); }},
    {"5", [](const Parts& p) { return fmt::format("{}", p.time.seconds().count()); }},
};

Value Integer(int64_t value) { return Value(value); }

// What a time can be asked.
struct TimeField {
  std::string_view name;
  Type type;
  Value (*of)(Timestamp at);
};

const TimeField kTimeFields[] = {
    {"Unix", Type::kInteger,
     [](Timestamp at) {
       return Integer(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
     }},
    {"UnixMilli", Type::kInteger,
     [](Timestamp at) { return Integer(at.time_since_epoch().count()); }},
    {"Year", Type::kInteger, [](Timestamp at) { return Integer(Parts(at).year()); }},
    {"Month", Type::kText, [](Timestamp at) { return Value(std::string(Parts(at).month_name())); }},
    {"Day", Type::kInteger, [](Timestamp at) { return Integer(Parts(at).day()); }},
    {"Hour", Type::kInteger, [](Timestamp at) { return Integer(Parts(at).hour()); }},
    {"Minute", Type::kInteger,
     [](Timestamp at) { return Integer(Parts(at).time.minutes().count()); }},
    {"Second", Type::kInteger,
     [](Timestamp at) { return Integer(Parts(at).time.seconds().count()); }},
    {"Weekday", Type::kText,
     [](Timestamp at) { return Value(std::string(Parts(at).weekday_name())); }},
    {"YearDay", Type::kInteger, [](Timestamp at) { return Integer(Parts(at).year_day); }},
    {"UTC", Type::kTime, [](Timestamp at) { return Value(at); }},
    {"String", Type::kText, [](Timestamp at) { return Value(Print(Value(at))); }},
};

const TimeField* FindTimeField(std::string_view name) {
  const auto* found = std::ranges::find(kTimeFields, name, &TimeField::name);
  return found == std::end(kTimeFields) ? nullptr : found;
}

Status NoField(Type of, std::string_view name) {
  return InvalidArgument(fmt::format("{} has no '{}'", NameOf(of), name));
}

}  // namespace

std::string FormatGoTime(Timestamp at, std::string_view layout) {
  const Parts parts(at);
  std::string out;
  while (!layout.empty() && out.size() <= kMaxText) {
    const auto* element = std::ranges::find_if(
        kElements, [&](const Element& e) { return layout.starts_with(e.text); });
    if (element == std::end(kElements)) {
      out += layout.front();
      layout.remove_prefix(1);
    } else {
      out += element->write(parts);
      layout.remove_prefix(element->text.size());
    }
  }
  return out;
}

std::optional<Type> TypeOfField(Type of, std::string_view name) {
  switch (of) {
    case Type::kAny:
    case Type::kArguments: return Type::kAny;
    case Type::kLabels: return Type::kText;
    case Type::kSample:
      if (name == "Labels") return Type::kLabels;
      if (name == "Value") return Type::kNumber;
      return std::nullopt;
    case Type::kAlert:
      if (name == "Labels" || name == "ExternalLabels") return Type::kLabels;
      if (name == "Value") return Type::kNumber;
      if (name == "ExternalURL") return Type::kText;
      return std::nullopt;
    case Type::kTime: {
      if (name == "Format") return Type::kText;
      const TimeField* field = FindTimeField(name);
      if (field == nullptr) return std::nullopt;
      return field->type;
    }
    default: return std::nullopt;
  }
}

size_t ArgumentsOfField(Type of, std::string_view name) {
  return (of == Type::kTime || of == Type::kAny) && name == "Format" ? 1 : 0;
}

StatusOr<Value> FieldOf(const Value& value, std::string_view name,
                        std::span<const Value> arguments) {
  const Type of = TypeOf(value);
  const bool takes_layout = of == Type::kTime && name == "Format";
  if (arguments.size() != (takes_layout ? 1U : 0U)) {
    return InvalidArgument(fmt::format("'{}' of {} takes {} arguments, not {}", name, NameOf(of),
                                       takes_layout ? 1 : 0, arguments.size()));
  }
  switch (of) {
    case Type::kLabels: return Value(std::string(std::get<const Labels*>(value)->Get(name)));
    case Type::kSample: {
      const SampleRef& sample = std::get<SampleRef>(value);
      if (name == "Labels") return Value(&sample->labels);
      if (name == "Value") return Value(sample->value);
      return NoField(of, name);
    }
    case Type::kArguments: {
      const auto& values = std::get<std::shared_ptr<const Arguments>>(value)->values;
      const auto found = values.find(name);
      return found == values.end() ? Value(Nothing()) : found->second;
    }
    case Type::kAlert: {
      const Facts& facts = *std::get<const Facts*>(value);
      if (name == "Labels") return Value(&facts.labels);
      if (name == "ExternalLabels") return Value(&NoExternalLabels());
      if (name == "ExternalURL") return Value(std::string());
      if (name == "Value") return Value(facts.value);
      return NoField(of, name);
    }
    case Type::kTime: {
      const Timestamp at = std::get<Timestamp>(value);
      if (takes_layout) {
        const auto* layout = std::get_if<std::string>(&arguments[0]);
        if (layout == nullptr) return InvalidArgument("'Format' of a time needs a text");
        return Value(FormatGoTime(at, *layout));
      }
      const TimeField* field = FindTimeField(name);
      if (field == nullptr) return NoField(of, name);
      return field->of(at);
    }
    default: return NoField(of, name);
  }
}

}  // namespace forewarn::templates
