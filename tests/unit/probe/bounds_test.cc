#include "probe/bounds.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

constexpr Timestamp kNow = FromMillis(1'777'600'000'000);

TEST(Bounds, CutsATextBeforeTheCharacterThatDoesNotFit) {
  std::string text = "ab\u20acd";  // the euro sign has three bytes
  CutText(text, 6);
  EXPECT_EQ(text, "ab\u20acd");
  CutText(text, 5);
  EXPECT_EQ(text, "ab\u20ac");
  CutText(text, 4);
  EXPECT_EQ(text, "ab");
}

TEST(Bounds, AnEventThatIsTooLongIsCutAndNotLost) {
  Readings all(kNow);
  Event event;
  event.source = std::string(300, 's');
  event.code = std::string(300, 'c');
  event.message = std::string(70'000, 'm');
  event.template_text = std::string(20'000, 't');
  event.attributes = {{"big", std::string(60'000, 'v')}, {"small", "v"}};
  all.reports.events = {event};
  EXPECT_EQ(ApplyBounds(all), 0u);
  ASSERT_EQ(all.reports.events.size(), 1u);
  const Event& cut = all.reports.events[0];
  EXPECT_EQ(cut.source.size(), 256u);
  EXPECT_EQ(cut.code.size(), 256u);
  EXPECT_EQ(cut.message.size(), 32'768u);
  EXPECT_EQ(cut.template_text.size(), 20'000u);
  EXPECT_EQ(cut.attributes, (Attributes{{"small", "v"}}));
}

TEST(Bounds, ASeriesWithALabelThatIsTooLongIsDroppedAndCounted) {
  Readings all(kNow);
  std::string fits(2048, 'v');
  std::string too_long(2049, 'v');
  std::string name(257, 'n');
  all.Sample("m", {{"a", fits}}, 1);
  all.Sample("m", {{"a", too_long}}, 2);
  all.Sample("m", {{name, "v"}}, 3);
  all.Sample("m", 4);
  EXPECT_EQ(ApplyBounds(all), 2u);
  ASSERT_EQ(all.samples.size(), 2u);
  EXPECT_EQ(all.samples[0].value, 1);
  EXPECT_EQ(all.samples[1].value, 4);
}

}  // namespace
}  // namespace forewarn
