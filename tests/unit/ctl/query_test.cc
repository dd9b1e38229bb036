#include <gmock/gmock.h>

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
    for (auto [name, value] : {std::pair("__name__", "up"), std::pair("job", "a")}) {
      v1::Label* label = series->add_labels();
      label->set_name(name);
      label->set_value(value);
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
  v1::QueryRequest asked;
  v1::ListEventsRequest events;
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
}

TEST_F(QueryTest, EventsAreListedWithinTheirLimit) {
  ASSERT_TRUE(ListEvents(session, {.customer = "acme", .from = "1h", .to = "", .limit = 7}).ok());
  EXPECT_EQ(fake.events.limit(), 7u);
  EXPECT_THAT(out.str(), HasSubstr("disk\\x1b[2J failing"));
  EXPECT_FALSE(ListEvents(session, {.customer = "acme", .from = "", .to = "", .limit = 0}).ok());
}

}  // namespace
}  // namespace forewarn
