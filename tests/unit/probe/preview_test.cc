#include "probe/preview.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

constexpr Timestamp kNow = FromMillis(1'777'600'000'000);

class FakeSource : public Source {
 public:
  FakeSource(Status status, bool& committed) : status_(std::move(status)), committed_(committed) {}

  std::string_view name() const override { return "fake"; }
  void Settle() override { settled_ = true; }
  Status Read(Readings& out) override {
    EXPECT_TRUE(settled_) << "what runs in the background would be missing";
    out.Sample("b_bytes", {{"path", "/a \"quoted\" one"}}, 0.25);
    out.Sample("a_total", {{"cpu", "0"}}, 7);
    out.Sample("b_bytes", {{"path", "/b"}}, 1e300);
    out.Sample("secret_bytes", 1);
    Event event;
    event.severity = Severity::kError;
    event.source = "log:/var/log/app.log";
    event.message = "password=hunter2hunter2 is\nwrong";
    out.reports.events.push_back(event);
    out.reports.facts.push_back({out.at(), "os.kernel", "6.1"});
    return status_;
  }
  Status Commit() override {
    committed_ = true;
    return OkStatus();
  }

 private:
  const Status status_;
  bool& committed_;
  bool settled_ = false;
};

std::string PreviewOf(const Status& status, bool& committed) {
  std::vector<std::unique_ptr<Source>> sources;
  sources.push_back(std::make_unique<FakeSource>(status, committed));
  RedactionOptions options;
  options.key = std::string(32, 'k');
  options.series = *NameFilter::Make("", "secret_.*");
  auto redactor = Redactor::Make(std::move(options));
  EXPECT_TRUE(redactor.ok());
  return Preview(sources, **redactor, kNow);
}

TEST(Preview, PrintsWhatWouldBeSentAndNothingElse) {
  bool committed = false;
  std::string text = PreviewOf(OkStatus(), committed);
  EXPECT_THAT(text, ::testing::StartsWith("# TYPE a_total counter\n"
                                          "a_total{cpu=\"0\"} 7\n"
                                          "# TYPE b_bytes gauge\n"
                                          "b_bytes{path=\"/a \\\"quoted\\\" one\"} 0.25\n"
                                          "b_bytes{path=\"/b\"} 1e+300\n"
                                          "# TYPE node_scrape_collector_success gauge\n"
                                          "node_scrape_collector_success{collector=\"fake\"} 1\n"
                                          "# event error x1 log:/var/log/app.log password=<"));
  EXPECT_THAT(text, ::testing::HasSubstr("# fact os.kernel = 6.1\n"));
  EXPECT_THAT(text, ::testing::EndsWith("# 1 items are kept back by redaction\n"));
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("secret")));
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("hunter2")));
  EXPECT_FALSE(committed);
}

TEST(Preview, NamesWhatCouldNotBeRead) {
  bool committed = false;
  std::string text = PreviewOf(PermissionDenied("/proc/x: no"), committed);
  EXPECT_THAT(text, ::testing::HasSubstr("node_scrape_collector_success{collector=\"fake\"} 0\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("# cannot read fake: /proc/x: no\n"));
}

}  // namespace
}  // namespace forewarn
