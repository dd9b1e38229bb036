#include "rules/template_value.h"

#include <fmt/core.h>

#include <array>

#include "base/check.h"
#include "rules/humanize.h"

namespace forewarn::templates {
namespace {

double SecondsOf(Timestamp at) { return static_cast<double>(at.time_since_epoch().count()) / 1000; }

void PrintInto(const Value& value, std::string& out);

void PrintLabels(const Labels& labels, std::string& out) {
  out += "map[";
  const size_t begin = out.size();
  for (const auto& [name, label] : labels) {
    if (out.size() > begin) out += ' ';
    out += name;
    out += ':';
    out += label;
  }
  out += ']';
}

void PrintSample(const promql::VectorSample& sample, std::string& out) {
  out += '{';
  PrintLabels(sample.labels, out);
  out += ' ' + PlainNumber(sample.value) + '}';
}

void PrintSamples(const Samples& samples, std::string& out) {
  out += '[';
  for (size_t i = 0; i < samples->size() && out.size() <= kMaxText; ++i) {
    if (i > 0) out += ' ';
    PrintSample(*(*samples)[i], out);
  }
  out += ']';
}

void PrintArguments(const Arguments& arguments, std::string& out) {
  out += "map[";
  const size_t begin = out.size();
  for (const auto& [name, value] : arguments.values) {
    if (out.size() > begin) out += ' ';
    out += name + ':';
    PrintInto(value, out);
    if (out.size() > kMaxText) return;
  }
  out += ']';
}

void PrintInto(const Value& value, std::string& out) {
  switch (TypeOf(value)) {
    case Type::kNumber: out += PlainNumber(std::get<double>(value)); return;
    case Type::kInteger: out += std::to_string(std::get<int64_t>(value)); return;
    case Type::kText: out += std::get<std::string>(value); return;
    case Type::kBool: out += std::get<bool>(value) ? "true" : "false"; return;
    case Type::kLabels: PrintLabels(*std::get<const Labels*>(value), out); return;
    case Type::kSample: PrintSample(*std::get<SampleRef>(value), out); return;
    case Type::kSamples: PrintSamples(std::get<Samples>(value), out); return;
    case Type::kArguments:
      PrintArguments(*std::get<std::shared_ptr<const Arguments>>(value), out);
      return;
    case Type::kTime: out += HumanizeTimestamp(SecondsOf(std::get<Timestamp>(value))); return;
    case Type::kAlert: {
      const Facts& facts = *std::get<const Facts*>(value);
      out += '{';
      PrintLabels(facts.labels, out);
      out += " map[]  " + PlainNumber(facts.value) + '}';
      return;
    }
    case Type::kNothing: out += "<no value>"; return;
    case Type::kAny: break;
  }
  FW_CHECK(false);
}

}  // namespace

std::string_view NameOf(Type type) {
  constexpr std::array<std::string_view, 12> kNames = {
      "a number",      "an integer", "a text", "a bool",    "the labels", "a sample",
      "query results", "arguments",  "a time", "the alert", "nothing",    "any value"};
  return kNames[static_cast<size_t>(type)];
}

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string Print(const Value& value) {
  std::string out;
  PrintInto(value, out);
  return out;
}

bool IsTrue(const Value& value) {
  switch (TypeOf(value)) {
    case Type::kNumber: return std::get<double>(value) != 0;
    case Type::kInteger: return std::get<int64_t>(value) != 0;
    case Type::kText: return !std::get<std::string>(value).empty();
    case Type::kBool: return std::get<bool>(value);
    case Type::kLabels: return !std::get<const Labels*>(value)->empty();
    case Type::kSamples: return !std::get<Samples>(value)->empty();
    case Type::kArguments:
      return !std::get<std::shared_ptr<const Arguments>>(value)->values.empty();
    case Type::kSample:
    case Type::kTime:
    case Type::kAlert: return true;
    case Type::kNothing:
    case Type::kAny: return false;
  }
  return false;
}

const Labels& NoExternalLabels() {
  static const Labels none;
  return none;
}

}  // namespace forewarn::templates
