// docs/reference is printed from the code. When a page differs, print it again and look at what
// changed: it is what operators will notice.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "base/file.h"
#include "collector/metrics.h"
#include "config/bundle_files.h"
#include "config/collector_settings.h"
#include "config/probe_settings.h"
#include "config/schema_manual.h"

namespace forewarn {
namespace {

void ExpectPrinted(const std::string& page, const std::string& text) {
  std::string path = std::string(FW_SOURCE_DIR) + "/docs/reference/" + page;
  if (std::getenv("FW_REPRINT") != nullptr) {
    ASSERT_TRUE(WriteFileAtomically(path, text).ok());
  }
  StatusOr<std::string> stored = ReadFile(path);
  ASSERT_TRUE(stored.ok()) << stored.status().message() << "\nprint it: " << kReprintReference;
  EXPECT_EQ(*stored, text) << "docs/reference/" << page
                           << " is not what the code says; print it again: " << kReprintReference;
}

TEST(Reference, SettingsOfTheCollector) {
  ExpectPrinted("settings-collector.md", CollectorSettingsManual());
}
TEST(Reference, SettingsOfTheProbe) { ExpectPrinted("settings-probe.md", ProbeSettingsManual()); }
TEST(Reference, Forewarnctl) {
  std::string help;
  FILE* program = popen(FW_CTL_PROGRAM " reference", "r");
  ASSERT_NE(program, nullptr);
  char buffer[4096];
  while (size_t got = fread(buffer, 1, sizeof(buffer), program)) help.append(buffer, got);
  ASSERT_EQ(pclose(program), 0);
  ExpectPrinted("forewarnctl.md", help);
}

struct Family {
  std::string type;
  std::string help;
  std::map<std::string, std::set<std::string>> labels;  // with their values
};

// Takes the labels of a sample: `{result="applied",le="0.5"}`.
void AddLabels(std::string_view text, Family& family) {
  while (!text.empty()) {
    size_t equals = text.find("=\""), end = text.find('"', equals + 2);
    std::string name(text.substr(0, equals));
    if (name != "le") {
      std::set<std::string>& values = family.labels[name];
      if (name != "version") values.emplace(text.substr(equals + 2, end - equals - 2));
    }
    text.remove_prefix(std::min(text.size(), end + 2));
  }
}

// By name, what /metrics of a collector that has just begun says.
std::map<std::string, Family> Families(const std::string& text) {
  std::map<std::string, Family> families;
  Family* family = nullptr;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, kind, name;
    words >> hash >> kind >> name;
    if (hash == "#") {
      family = &families[name];
      std::getline(words >> std::ws, kind == "HELP" ? family->help : family->type);
    } else if (size_t open = line.find('{'); family != nullptr && open != std::string::npos) {
      AddLabels(std::string_view(line).substr(open + 1, line.rfind('}') - open - 1), *family);
    }
  }
  return families;
}

TEST(Reference, MetricsOfTheCollector) {
  std::string page =
      "# Metrics of the collector\n\n<!-- Printed by: FW_REPRINT=1 ctest --preset dev -R "
      "reference -->\n\nWhat `http.listen` serves at `/metrics`, in Prometheus' text format. Each "
      "is there from the start, at zero for each value of its labels; `rule` is a rule in "
      "force.\n\n"
      "| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n";
  Metrics metrics;
  Metrics::Census census;
  census.shadow_firings["its name"] = 0;
  metrics.SetCensus(census);
  for (const auto& [name, family] : Families(metrics.Text())) {
    std::string labels;
    for (const auto& [label, values] : family.labels) {
      labels += (labels.empty() ? "`" : "; `") + label + "`";
      for (const std::string& value : values) {
        labels += (value == *values.begin() ? ": " : ", ") + value;
      }
    }
    EXPECT_FALSE(family.help.empty()) << name;
    page += "| `" + name + "` | " + family.type + " | " + labels + " | " + family.help + " |\n";
  }
  ExpectPrinted("metrics.md", page);
}

TEST(Reference, FilesOfABundle) { ExpectPrinted("bundle.md", BundleManual()); }

}  // namespace
}  // namespace forewarn
