#include <gmock/gmock.h>

#include <limits>

#include "ctl/commands.h"
#include "fake_collector.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

class Queries : public v1::QueryService::Service {
 public:
  grpc::Status Query(grpc::ServerContext*, const v1::QueryRequest* request,
                     v1::QueryResponse* response) override {
    asked = *request;
    v1::QuerySeries* series = response->add_series();
    for (const char* text : {"__name__", "up", "job", "a"}) {
      series->add_label_refs(first_label_ref +
                             static_cast<uint32_t>(response->label_strings_size()));
      response->add_label_strings(text);
    }
    series->add_times_ms(1'777'629'600'000);
    series->add_values(0.5);
    return grpc::Status::OK;
  }
  grpc::Status ListEvents(grpc::ServerContext*, const v1::ListEventsRequest* request,
                          v1::ListEventsResponse* response) override {
    events = *request;
    v1::HistoryItem* item = response->add_items();
    item->set_kind("event");
    item->set_at_ms(1'777'629'600'000);
    item->set_count(3);
    item->set_text("disk\x1b[2J failing");
    return grpc::Status::OK;
  }
  grpc::Status Select(grpc::ServerContext* context, const v1::SelectRequest* request,
                      grpc::ServerWriter<v1::SelectResponse>* writer) override {
    selected = *request;
    v1::SelectResponse part;
    v1::QuerySeries* series = part.add_series();
    for (const char* text : {"__name__", "up"}) {
      series->add_label_refs(first_label_ref + static_cast<uint32_t>(part.label_strings_size()));
      part.add_label_strings(text);
    }
    series->add_times_ms(1'777'629'600'000);
    series->add_values(0.5);
    for (int i = 0; i < parts && writer->Write(part); ++i) {
    }
    cancelled = context->IsCancelled();
    return grpc::Status::OK;
  }
  grpc::Status CountEvents(grpc::ServerContext*, const v1::CountEventsRequest* request,
                           v1::CountEventsResponse* response) override {
    counts = *request;
    v1::EventCountInfo* count = response->add_counts();
    count->set_fingerprint("00000000000000ff");
    count->set_source("log:app");
    count->set_template_text("disk <*> failing");
    count->set_severity("error");
    count->set_count(12);
    count->set_probes(2);
    count->set_first_ms(1'777'629'600'000);
    response->set_others(others);
    return grpc::Status::OK;
  }
  v1::QueryRequest asked;
  v1::ListEventsRequest events;
  v1::CountEventsRequest counts;
  uint64_t others = 0;
  v1::SelectRequest selected;
  int parts = 2;
  uint32_t first_label_ref = 0;
  bool cancelled = false;
};

using QueryTest = CtlTest<Queries>;

TEST_F(QueryTest, AnInstantQueryHasNoStep) {
  ASSERT_TRUE(
      Query(session, {.expression = "up", .customer = "acme", .from = "", .to = "1h", .step = ""})
          .ok());
  EXPECT_EQ(out.str(),
            "SERIES       TIME                  VALUE\nup{job=\"a\"}  2026-05-01T10:00:00Z  0.5\n");
  EXPECT_EQ(fake.asked.to_ms(), 1'777'626'000'000);
  EXPECT_EQ(fake.asked.step_ms(), 0);
}

TEST_F(QueryTest, JsonNamesTheLabelsOfEachSeries) {
  session.json = true;
  ASSERT_TRUE(
      Query(session, {.expression = "up", .customer = "acme", .from = "", .to = "", .step = ""})
          .ok());
  EXPECT_THAT(out.str(), HasSubstr("\"name\": \"job\""));
  EXPECT_THAT(out.str(), HasSubstr("\"value\": \"a\""));
}

TEST_F(QueryTest, AnAnswerWhoseLabelsAreNotThereIsRefused) {
  fake.first_label_ref = 1;
  Status query =
      Query(session, {.expression = "up", .customer = "acme", .from = "", .to = "", .step = ""});
  EXPECT_EQ(query.code(), Code::kDataLoss);
  EXPECT_THAT(query.message(), HasSubstr("label_refs"));
  SelectArguments arguments{
      .matchers = {"__name__=\"up\""}, .customer = "acme", .from = "1h", .to = ""};
  EXPECT_EQ(Select(session, arguments).code(), Code::kDataLoss);
  EXPECT_EQ(out.str(), "");
}

TEST_F(QueryTest, ARangeHasABeginningAndAStep) {
  ASSERT_TRUE(
      Query(session, {.expression = "up", .customer = "acme", .from = "2h", .to = "", .step = "1m"})
          .ok());
  EXPECT_EQ(fake.asked.from_ms(), 1'777'622'400'000);
  EXPECT_EQ(fake.asked.step_ms(), 60'000);
  EXPECT_THAT(
      Query(session, {.expression = "up", .customer = "acme", .from = "2h", .to = "", .step = ""})
          .message(),
      HasSubstr("--from needs --step"));
  EXPECT_FALSE(
      Query(session, {.expression = "up", .customer = "acme", .from = "", .to = "", .step = "1m"})
          .ok());
  EXPECT_EQ(Query(session,
                  {.expression = "up", .customer = "acme", .from = "1h", .to = "2h", .step = "1m"})
                .message(),
            "--from is after --to");
}

TEST_F(QueryTest, ARangeOfWhichNoMoreIsSaidIsTheLastHour) {
  const auto query = [&](const std::string& from, const std::string& to, const std::string& step) {
    const Status status = Query(session, {.expression = "up",
                                          .customer = "acme",
                                          .from = from,
                                          .to = to,
                                          .step = step,
                                          .is_range = true});
    EXPECT_TRUE(status.ok()) << status.message();
    return std::pair(fake.asked.from_ms(), fake.asked.step_ms());
  };
  const int64_t now = 1'777'629'600'000;
  EXPECT_EQ(query("", "", ""), std::pair(now - 3'600'000, int64_t{60'000}));
  EXPECT_EQ(query("30s", "", ""), std::pair(now - 30'000, int64_t{1'000}));
  EXPECT_EQ(query("", "1h", ""), std::pair(now - 7'200'000, int64_t{60'000}));
  EXPECT_EQ(query("2h", "", "5s"), std::pair(now - 7'200'000, int64_t{5'000}));
}

TEST_F(QueryTest, NamesWhatIsMissing) {
  QueryArguments arguments;
  arguments.customer = "acme";
  EXPECT_THAT(Query(session, arguments).message(), HasSubstr("EXPR"));
  arguments = {};
  arguments.expression = "up";
  EXPECT_THAT(Query(session, arguments).message(), HasSubstr("--customer"));
}

TEST_F(QueryTest, EventsAreListedWithinTheirLimit) {
  ASSERT_TRUE(ListEvents(session, {.customer = "acme", .from = "1h", .to = "", .limit = 7}).ok());
  EXPECT_EQ(fake.events.limit(), 7u);
  EXPECT_THAT(out.str(), HasSubstr("disk\\x1b[2J failing"));
  EXPECT_FALSE(ListEvents(session, {.customer = "acme", .from = "", .to = "", .limit = 0}).ok());
}

TEST_F(QueryTest, EventsAreCountedByWhatTheyReport) {
  ASSERT_TRUE(
      CountEvents(session,
                  {.customer = "acme", .from = "1h", .to = "", .by = "template", .limit = 7})
          .ok());
  EXPECT_EQ(fake.counts.customer(), "acme");
  EXPECT_EQ(fake.counts.from_ms(), 1'777'626'000'000);
  EXPECT_EQ(fake.counts.to_ms(), 0);
  EXPECT_EQ(fake.counts.by(), "template");
  EXPECT_EQ(fake.counts.limit(), 7u);
  EXPECT_THAT(out.str(), HasSubstr("12     2       error     2026-05-01T10:00:00Z"));
  EXPECT_THAT(out.str(), HasSubstr("disk <*> failing"));
  EXPECT_EQ(notes.str(), "");
  EXPECT_FALSE(
      CountEvents(session, {.customer = "acme", .from = "", .to = "", .limit = 10'001}).ok());

  fake.others = 3;
  session.json = true;
  ASSERT_TRUE(CountEvents(session, {.customer = "acme", .from = "", .to = ""}).ok());
  EXPECT_THAT(out.str(), HasSubstr("\"others\": \"3\""));
  EXPECT_THAT(notes.str(), HasSubstr("and 3 events of others"));
}

TEST_F(QueryTest, SamplesArePrintedAsTheyCome) {
  SelectArguments arguments{
      .matchers = {"__name__=\"up\""}, .customer = "acme", .from = "1h", .to = ""};
  ASSERT_TRUE(Select(session, arguments).ok());
  EXPECT_EQ(fake.selected.customer(), "acme");
  EXPECT_EQ(fake.selected.matchers(0), "__name__=\"up\"");
  EXPECT_EQ(fake.selected.from_ms(), 1'777'626'000'000);
  EXPECT_EQ(fake.selected.to_ms(), 0);
  EXPECT_EQ(out.str(), "up 2026-05-01T10:00:00Z 0.5\nup 2026-05-01T10:00:00Z 0.5\n");
}

TEST_F(QueryTest, ReadingEndsWhenNobodyTakesWhatIsPrinted) {
  fake.parts = std::numeric_limits<int>::max();
  out.setstate(std::ios::badbit);
  Status status =
      Select(session, {.matchers = {"__name__=\"up\""}, .customer = "acme", .from = "", .to = ""});
  EXPECT_EQ(status.code(), Code::kCancelled);
}

}  // namespace
}  // namespace forewarn
