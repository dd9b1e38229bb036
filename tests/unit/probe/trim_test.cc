#include "probe/trim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/units.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Mapping(const std::string& head, int anonymous) {
  return head +
         "\nSize:                 16 kB\nRss:                  16 kB\nAnonymous:            " +
         std::to_string(anonymous) + " kB\nVmFlags: rd mr mw me sd\n";
}

TEST(CleanMappings, AreThoseOfFilesThatNobodyWroteTo) {
  EXPECT_THAT(CleanMappings(Mapping("1000-5000 r-xp 00026000 fe:00 1234    /usr/lib/libc.so.6", 0) +
                            Mapping("5000-6000 r--p 00000000 fe:00 1234    /usr/lib/a b.so", 0)),
              ElementsAre(MappedRange{0x1000, 0x5000}, MappedRange{0x5000, 0x6000}));
}

TEST(CleanMappings, AreNoneWithAPageOfTheirOwn) {
  EXPECT_THAT(CleanMappings(Mapping("1000-5000 r--p 00026000 fe:00 1234    /usr/lib/libc.so.6", 4)),
              IsEmpty());
}

TEST(CleanMappings, AreNoneThatCanBeWrittenAreSharedOrHaveNoFile) {
  EXPECT_THAT(CleanMappings(Mapping("1000-5000 rw-p 00026000 fe:00 1234    /usr/lib/libc.so.6", 0) +
                            Mapping("5000-6000 r--s 00000000 fe:00 1234    /usr/lib/b", 0) +
                            Mapping("6000-7000 r-xp 00000000 00:00 0       [vdso]", 0) +
                            Mapping("7000-8000 r--p 00000000 00:00 0", 0) +
                            Mapping("x-8000 r--p 00000000 fe:00 1234       /usr/lib/c", 0) +
                            "9000-a000 r--p 00000000 fe:00 1234       /usr/lib/cut-short\n"),
              IsEmpty());
}

double ResidentKilobytes() {
  std::string text = *ReadFile("/proc/self/smaps_rollup", 4096);
  size_t at = text.find("Rss:");
  return at == std::string::npos ? 0 : std::stod(text.substr(at + 4));
}

TEST(TrimMemory, GivesBackPagesAndTheProgramGoesOn) {
  double before = ResidentKilobytes();
  TrimMemory();
  double after = ResidentKilobytes();
  EXPECT_LT(after, before);
  EXPECT_EQ(FormatSize(1 << 20), "1MiB") << "code that was dropped comes back";
}

}  // namespace
}  // namespace forewarn
