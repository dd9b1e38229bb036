// docs/reference is printed from the code. When a page differs, print it again and look at what
// changed: it is what operators will notice.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/file.h"
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

TEST(Reference, FilesOfABundle) { ExpectPrinted("bundle.md", BundleManual()); }

}  // namespace
}  // namespace forewarn
