#include "rules/rule_yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <optional>
#include <utility>

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

}  // namespace

ParsedRuleYaml ParseRuleYaml(std::string_view text) {
  ParsedRuleYaml out;
  try {
    std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.size() > 1) {
      out.place = PlaceOf(documents[1].Mark());
      out.mistake = "a rule file is one YAML document; put the second into a file of its own";
    }
    if (documents.empty()) return out;
    Copier copier;
    if (std::optional<RuleYaml> root = copier.Copy(documents[0])) {
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
    out.mistake = fmt::format("this is not YAML: {}", error.msg);
  } catch (const std::exception& error) {
    out.place = {};
    out.mistake = fmt::format("this cannot be read: {}", error.what());
  }
  return out;
}

}  // namespace forewarn
