#include "config/schema_manual.h"

#include <fmt/format.h>

#include <algorithm>

namespace forewarn {
namespace {

using Shape = SettingDoc::Shape;

// A `|` would end the table's cell, also within code.
std::string Cell(const std::string& text) {
  std::string out;
  for (char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string DefaultCell(const SettingDoc& doc) {
  if (doc.required) return "required";
  if (doc.shape == Shape::kSection) return "";
  if (doc.default_yaml.empty()) return "not set";
  if (doc.default_yaml == "built in") return "built in";
  return "`" + Cell(doc.default_yaml) + "`";
}

void PrintTable(std::string& out, const std::string& prefix,
                const std::vector<SettingDoc>& settings) {
  bool any = false;
  for (const SettingDoc& doc : settings) {
    if (doc.shape != Shape::kValue) continue;
    if (!any) out += "\n| Setting | Value | Default | Meaning |\n|---|---|---|---|\n";
    any = true;
    out += fmt::format("| `{}` | {} | {} | {} |\n", doc.name, Cell(doc.type), DefaultCell(doc),
                       Cell(doc.help));
  }
  for (const SettingDoc& doc : settings) {
    if (doc.shape == Shape::kValue) continue;
    std::string path = prefix + doc.name + (doc.shape == Shape::kList ? "[]" : "");
    out += fmt::format("\n## `{}`\n\n{}\n", path, doc.help);
    if (doc.shape == Shape::kList) {
      out += fmt::format("\nA {}; default: {}. Each item has:\n", doc.type, DefaultCell(doc));
    }
    PrintTable(out, path + ".", doc.inside);
  }
}

bool HasDefault(const SettingDoc& doc) {
  if (doc.shape == Shape::kList) return false;
  if (doc.shape == Shape::kValue) return !doc.default_yaml.empty();
  return std::any_of(doc.inside.begin(), doc.inside.end(), HasDefault);
}

// One `#`, then the line as it would stand in the file, where prose is a comment of its own.
void PrintSettings(std::string& out, const std::string& indent,
                   const std::vector<SettingDoc>& settings) {
  for (const SettingDoc& doc : settings) {
    if (indent.empty()) out += '\n';
    std::string type = doc.type.empty() ? "" : fmt::format(" ({})", doc.type);
    out += fmt::format("#{}# {}{}\n", indent, doc.help, type);
    if (doc.required) {
      out += fmt::format("{}{}: {}\n", indent, doc.name, doc.example);
    } else if (doc.shape == Shape::kSection) {
      // A section in which nothing is set by default would be a key without a value.
      out += fmt::format("#{}{}{}:\n", indent, HasDefault(doc) ? "" : "#", doc.name);
      PrintSettings(out, indent + "  ", doc.inside);
    } else if (doc.shape == Shape::kList) {
      // Shown as a comment also after a `#` was taken off: there is no item by default.
      out += fmt::format("#{}#{}:\n", indent, doc.name);
      bool first = true;
      for (const SettingDoc& inner : doc.inside) {
        std::string value = !inner.example.empty() ? inner.example : inner.default_yaml;
        if (value.empty() || value == "built in") value = "…";
        out += fmt::format("#{}#  {} {}: {}  # {}\n", indent, first ? "-" : " ", inner.name, value,
                           inner.help);
        first = false;
      }
    } else if (doc.default_yaml.empty()) {
      out += fmt::format("#{}#{}: …\n", indent, doc.name);
    } else {
      out += fmt::format("#{}{}: {}\n", indent, doc.name, doc.default_yaml);
    }
  }
}

}  // namespace

std::string PrintManual(const std::string& title, const std::string& intro,
                        const std::string& command, const std::vector<SettingDoc>& settings) {
  std::string out = fmt::format("# {}\n\n<!-- Printed by: {} -->\n\n{}\n", title, command, intro);
  PrintTable(out, "", settings);
  return out;
}

std::string PrintExample(const std::string& intro, const std::vector<SettingDoc>& settings) {
  std::string out = fmt::format("## {}\n", intro);
  PrintSettings(out, "", settings);
  return out;
}

}  // namespace forewarn
