#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "config/mistake.h"
#include "config/schema_value.h"
#include "config/schema_yaml.h"

namespace forewarn {

// A setting is declared once. The member's initialiser is its default; the schema adds name, bounds
// and meaning, and the manual is printed from it:
//
//   struct ShardSettings {
//     int64_t queue_batches = 1024;
//   };
//
//   const Schema<ShardSettings>& ShardSchema() {
//     static const Schema<ShardSettings> schema = {
//         Integer("queue_batches", &ShardSettings::queue_batches, 1, 65536,
//                 "Batches a shard may hold before the probe is told to slow down."),
//     };
//     return schema;
//   }
//
// Reading is strict and goes on after a mistake, so that all of them are listed: unknown keys,
// values of another type or out of bounds, keys without a value, missing ones that are required.
// (Repeated keys and bad YAML are schema_yaml.h's.) A schema is immutable once made, and
// thread-safe.

// What one setting looks like, for the manual.
struct SettingDoc {
  enum class Shape { kValue, kSection, kList };

  std::string name;
  Shape shape = Shape::kValue;
  std::string type;          // `integer, 1 to 65536`; of a list, how many it may have
  std::string default_yaml;  // as it would be written; empty: not set
  std::string example;       // required: what to write instead of a default
  bool required = false;
  std::string help;
  std::vector<SettingDoc> inside;  // of a section, or of each item of a list
};

// One key of a T. Made by the functions below.
template <typename T>
struct Setting {
  std::string name;
  std::function<void(const YamlNode&, T&, FileMistakes&)> read;
  std::function<SettingDoc(const T& defaults)> describe;
  bool required = false;
  std::string example;
};

template <typename T>
class Schema {
 public:
  Schema(std::initializer_list<Setting<T>> settings) : settings_(settings) {}

  // Adds a rule about several keys at once; it runs when each of them alone was fine. For
  // initialising.
  Schema Also(std::function<void(const T&, const YamlNode&, FileMistakes&)> rule) && {
    rules_.push_back(std::move(rule));
    return std::move(*this);
  }

  // Puts the values of a map into `out`; keys that are not there leave it as it is.
  void Read(const YamlNode& node, T& out, FileMistakes& mistakes) const {
    size_t before = mistakes.count();
    if (!node.is_map()) {
      mistakes.Add(node, "expected keys and values, not " + node.Describe());
      return;
    }
    for (const YamlMember& member : node.members) {
      if (const Setting<T>* setting = Find(member.key)) {
        if (CheckHasValue(member, mistakes)) setting->read(member.value, out, mistakes);
      } else {
        AddUnknownKey(member, Names(), mistakes);
      }
    }
    for (const Setting<T>& setting : settings_) {
      if (setting.required && node.Find(setting.name) == nullptr) {
        mistakes.Add(node, "the key '" + setting.name + "' is missing");
      }
    }
    if (mistakes.count() != before) return;
    for (const auto& rule : rules_) rule(out, node, mistakes);
  }

  std::vector<SettingDoc> Describe(const T& defaults = T{}) const {
    std::vector<SettingDoc> docs;
    for (const Setting<T>& setting : settings_) {
      docs.push_back(setting.describe(defaults));
      docs.back().required = setting.required;
      docs.back().example = setting.example;
    }
    return docs;
  }

 private:
  const Setting<T>* Find(const std::string& name) const {
    for (const Setting<T>& setting : settings_) {
      if (setting.name == name) return &setting;
    }
    return nullptr;
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const Setting<T>& setting : settings_) names.push_back(setting.name);
    return names;
  }

  std::vector<Setting<T>> settings_;
  std::vector<std::function<void(const T&, const YamlNode&, FileMistakes&)>> rules_;
};

// A key whose value is one V.
template <typename T, typename V>
Setting<T> Value(std::string name, V T::*member, ValueKind<V> kind, std::string help) {
  Setting<T> setting;
  setting.name = name;
  setting.read = [name, member, kind](const YamlNode& node, T& out, FileMistakes& mistakes) {
    StatusOr<V> value = kind.parse(node);
    if (value.ok()) {
      out.*member = *std::move(value);
    } else {
      mistakes.Add(node, "'" + name + "' " + value.status().message());
    }
  };
  setting.describe = [name, member, kind, help](const T& defaults) {
    SettingDoc doc;
    doc.name = name;
    doc.type = kind.type;
    doc.default_yaml = kind.print(defaults.*member);
    doc.help = help;
    return doc;
  };
  return setting;
}

// The plain kinds. Bounds are inclusive.
template <typename T>
Setting<T> Integer(std::string name, int64_t T::*member, int64_t min, int64_t max,
                   std::string help) {
  return Value(std::move(name), member, IntegerKind(min, max), std::move(help));
}
template <typename T>
Setting<T> Flag(std::string name, bool T::*member, std::string help) {
  return Value(std::move(name), member, FlagKind(), std::move(help));
}
template <typename T>
Setting<T> DurationSetting(std::string name, Duration T::*member, Duration min, Duration max,
                           std::string help) {
  return Value(std::move(name), member, DurationKind(min, max), std::move(help));
}
template <typename T>
Setting<T> Size(std::string name, int64_t T::*member, int64_t min, int64_t max, std::string help) {
  return Value(std::move(name), member, SizeKind(min, max), std::move(help));
}
template <typename T>
Setting<T> Text(std::string name, std::string T::*member, ValueKind<std::string> kind,
                std::string help) {
  return Value(std::move(name), member, std::move(kind), std::move(help));
}
// An absolute path. Whether anything is there is for the one who opens it.
template <typename T>
Setting<T> Path(std::string name, std::string T::*member, std::string help) {
  return Value(std::move(name), member, PathKind(), std::move(help));
}
template <typename T, typename E>
Setting<T> Enumeration(std::string name, E T::*member,
                       std::vector<std::pair<std::string, E>> choices, std::string help) {
  return Value(std::move(name), member, EnumerationKind(std::move(choices)), std::move(help));
}

// A key whose value is a list of Vs; at most `max`. What is written replaces the default.
template <typename T, typename V>
Setting<T> ListOf(std::string name, std::vector<V> T::*member, ValueKind<V> kind, size_t max,
                  std::string help) {
  Setting<T> setting;
  setting.name = name;
  setting.read = [name, member, kind, max](const YamlNode& node, T& out, FileMistakes& mistakes) {
    if (!CheckList(name, node, max, mistakes)) return;
    std::vector<V> values;
    for (const YamlNode& item : node.items) {
      StatusOr<V> value = kind.parse(item);
      if (value.ok()) {
        values.push_back(*std::move(value));
      } else {
        mistakes.Add(item, "each of '" + name + "' " + value.status().message());
      }
    }
    out.*member = std::move(values);
  };
  setting.describe = [name, member, kind, max, help](const T& defaults) {
    SettingDoc doc;
    doc.name = name;
    doc.type = "list of " + kind.type + "; at most " + std::to_string(max);
    doc.default_yaml = "[";
    for (const V& value : defaults.*member) {
      doc.default_yaml += (doc.default_yaml.size() == 1 ? "" : ", ") + kind.print(value);
    }
    doc.default_yaml += "]";
    doc.help = help;
    return doc;
  };
  return setting;
}

// A key whose value is a list of maps of settings; at most `max`. Item i of the list is element i
// of the vector, also when it has mistakes. `schema` outlives the setting.
template <typename T, typename U>
Setting<T> ListOf(std::string name, std::vector<U> T::*member, const Schema<U>& schema, size_t max,
                  std::string help) {
  Setting<T> setting;
  setting.name = name;
  setting.read = [name, member, &schema, max](const YamlNode& node, T& out,
                                              FileMistakes& mistakes) {
    if (!CheckList(name, node, max, mistakes)) return;
    std::vector<U> values(node.items.size());
    for (size_t i = 0; i < values.size(); ++i) schema.Read(node.items[i], values[i], mistakes);
    out.*member = std::move(values);
  };
  setting.describe = [name, member, &schema, max, help](const T& defaults) {
    SettingDoc doc;
    doc.name = name;
    doc.shape = SettingDoc::Shape::kList;
    doc.type = "list; at most " + std::to_string(max);
    doc.default_yaml = (defaults.*member).empty() ? "[]" : "built in";
    doc.help = help;
    doc.inside = schema.Describe();
    return doc;
  };
  return setting;
}

// A key whose value is a map of settings. `schema` outlives the setting.
template <typename T, typename U>
Setting<T> Section(std::string name, U T::*member, const Schema<U>& schema, std::string help) {
  Setting<T> setting;
  setting.name = name;
  setting.read = [member, &schema](const YamlNode& node, T& out, FileMistakes& mistakes) {
    schema.Read(node, out.*member, mistakes);
  };
  setting.describe = [name, member, &schema, help](const T& defaults) {
    SettingDoc doc;
    doc.name = name;
    doc.shape = SettingDoc::Shape::kSection;
    doc.help = help;
    doc.inside = schema.Describe(defaults.*member);
    return doc;
  };
  return setting;
}

// The setting, but a file without it is a mistake. `example` is what the commented file shows.
template <typename T>
Setting<T> Required(Setting<T> setting, std::string example) {
  setting.required = true;
  setting.example = std::move(example);
  return setting;
}

// The T that the text of a file means, or all its mistakes. A file without any key is a map without
// any.
template <typename T>
StatusOr<T> ParseSettings(const std::string& path, std::string_view text, const Schema<T>& schema) {
  std::vector<Mistake> found;
  YamlNode root = ParseYaml(path, text, found);
  T settings;
  FileMistakes mistakes(path, found);
  // After bad syntax there is nothing left to look at, and a missing key would be a wrong
  // accusation.
  if (root.is_null() && found.empty()) root.kind = YamlNode::Kind::kMap;
  if (!root.is_null()) schema.Read(root, settings, mistakes);
  if (Status status = MistakesToStatus(std::move(found)); !status.ok()) return status;
  return settings;
}

}  // namespace forewarn
