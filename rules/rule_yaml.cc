#include "rules/rule_yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/yaml.h>

#include <optional>
#include <sstream>
#include <utility>

#include "base/open_quote.h"
#include "base/utf8.h"
#include "base/yaml_slip.h"

namespace forewarn {
namespace {

// What a few lines of aliases could otherwise blow up to any size.
constexpr size_t kMaxValues = 1'000'000;
constexpr size_t kMaxDepth = 64;

RuleYaml::Place PlaceOf(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {mark.line + 1, mark.column + 1, static_cast<size_t>(mark.pos)};
}

// Makes our values of yaml-cpp's nodes, which share what aliases stand for.
class Copier {
 public:
  // Nothing when there is too much of it: then too_much_at() says where that was noticed.
  std::optional<RuleYaml> Copy(const YAML::Node& node, size_t depth = 0) {
    if (++count_ > kMaxValues || depth > kMaxDepth) {
      too_much_at_ = PlaceOf(node.Mark());
      return std::nullopt;
    }
    RuleYaml out;
    out.place = PlaceOf(node.Mark());
    if (node.IsScalar()) {
      out.kind = RuleYaml::Kind::kScalar;
      out.text = node.Scalar();
    } else if (node.IsSequence()) {
      out.kind = RuleYaml::Kind::kList;
      for (const auto& item : node) {
        std::optional<RuleYaml> copy = Copy(item, depth + 1);
        if (!copy) return std::nullopt;
        out.items.push_back(*std::move(copy));
      }
    } else if (node.IsMap()) {
      out.kind = RuleYaml::Kind::kMap;
      for (const auto& item : node) {
        std::optional<RuleYaml> key = Copy(item.first, depth + 1);
        if (!key) return std::nullopt;
        std::optional<RuleYaml> value = Copy(item.second, depth + 1);
        if (!value) return std::nullopt;
        out.pairs.push_back({*std::move(key), *std::move(value)});
      }
    }
    return out;
  }

  const RuleYaml::Place& too_much_at() const { return too_much_at_; }

 private:
  size_t count_ = 0;
  RuleYaml::Place too_much_at_;
};

// Keeps where the last document and the last scalar began, and nothing of what they say.
class Beginning final : public YAML::EventHandler {
 public:
  const YAML::Mark& at() const { return at_; }
  const YAML::Mark& last_scalar() const { return last_scalar_; }

  void OnDocumentStart(const YAML::Mark& mark) override { at_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string&) override {
    last_scalar_ = mark;
  }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  YAML::Mark at_ = YAML::Mark::null_mark();
  YAML::Mark last_scalar_ = YAML::Mark::null_mark();
};

// Says so in `out` when a quote is open until the end of the text: then it is that of the last scalar.
bool RefuseAnOpenQuote(const std::string& text, ParsedRuleYaml& out) {
  Beginning events;
  try {
    // With its last line ended, yaml-cpp takes such a text, and so lets us see where the scalar begins.
    std::istringstream in(text + '\n');
    YAML::Parser parser(in);
    // Two documents as below.
    if (parser.HandleNextDocument(events)) parser.HandleNextDocument(events);
  } catch (const YAML::Exception&) {
    // Unless the quote is why, it is said when the values are read.
  }
  const RuleYaml::Place scalar = PlaceOf(events.last_scalar());
  std::optional<TextPlace> quote = FindOpenQuote(text, {scalar.line, scalar.column, scalar.offset});
  if (!quote) return false;
  out.place = {quote->line, quote->column, quote->offset};
  out.mistake = OpenQuoteMistake(text, *quote);
  return true;
}

// Says in `out` what follows the first document, if anything does. Two documents are looked at and never all
// of them: at a comma or bracket that belongs nowhere the parser does not move on, and finds documents for ever.
void RefuseASecondDocument(const std::string& text, ParsedRuleYaml& out) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  Beginning second;
  if (!parser.HandleNextDocument(second) || !parser.HandleNextDocument(second)) return;
  out.place = PlaceOf(second.at());
  const char first = out.place.offset < text.size() ? text[out.place.offset] : '\0';
  if (std::string_view(",]}").find(first) != std::string_view::npos) {
    out.mistake = fmt::format("this is not YAML: '{}' belongs to no list or map", first);
  } else {
    out.mistake = "a rule file is one YAML document; put the second into a file of its own";
  }
}

// Says why yaml-cpp could not read the text: as it did, unless more can be said.
void Explain(std::string_view text, const std::string& reason, ParsedRuleYaml& out) {
  if (std::optional<BadText> bad = FindBadText(text)) {
    out.place = {bad->line, bad->column};
    out.mistake = std::move(bad->what);
  } else if (std::optional<YamlSlip> slip = FindYamlSlip(text, out.place.line)) {
    out.place = {slip->line, slip->column};
    out.mistake = std::move(slip->what);
  } else if (reason == YAML::ErrorMsg::BAD_FILE) {
    out.mistake = "this is not YAML: lists or maps are nested too deep";
  } else {
    out.mistake = fmt::format("this is not YAML: {}", reason);
  }
}

}  // namespace

ParsedRuleYaml ParseRuleYaml(std::string_view text) {
  ParsedRuleYaml out;
  // No more than this: rules that are in force, which protobuf brought, must load again.
  if (std::optional<BadText> bad = FindBadUtf8(text)) {
    out.place.line = bad->line;
    out.place.column = bad->column;
    out.mistake = std::move(bad->what);
    return out;
  }
  try {
    const std::string yaml(text);
    if (RefuseAnOpenQuote(yaml, out)) return out;
    RefuseASecondDocument(yaml, out);
    Copier copier;
    if (std::optional<RuleYaml> root = copier.Copy(YAML::Load(yaml))) {
      out.root = *std::move(root);
    } else {
      out.place = copier.too_much_at();
      out.mistake = fmt::format(
          "with its aliases (*name) the file is nested more than {} levels deep, or has more than "
          "{} "
          "values; write some of them out",
          kMaxDepth, kMaxValues);
    }
  } catch (const YAML::Exception& error) {
    out.place = PlaceOf(error.mark);
    Explain(text, error.msg, out);
  } catch (const std::exception& error) {
    out.place = {};
    out.mistake = fmt::format("this cannot be read: {}", error.what());
  }
  return out;
}

}  // namespace forewarn
