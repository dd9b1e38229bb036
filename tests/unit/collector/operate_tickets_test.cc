#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/record.h"
#include "collector/operate_service.h"
#include "model/incident.h"
#include "tests/unit/collector/service_world.h"

namespace forewarn {
namespace {

constexpr uint32_t kHome = 5;
constexpr uint64_t kNumber = 10 * kPartitions + kHome;

class OperateTicketsTest : public ServiceWorld {
 protected:
  void Keep(StateKind kind, std::string id, std::string record) {
    commit_.state.push_back({kind, std::move(id), std::move(record)});
  }
  void KeepLine(uint64_t ticket, uint64_t index, const std::string& text) {
    TimelineItem line;
    line.ticket = ticket;
    line.index = index;
    line.at = clock_.Now();
    line.text = text;
    Keep(StateKind::kTimeline, fmt::format("{:020}/{:020}", ticket, index), EncodeRecord(line));
  }

  Commit commit_;
};

TEST_F(OperateTicketsTest, ATicketIsShownWithItsOwnTimelineAndNoOtherIsLookedInto) {
  commit_.partition = kHome;
  commit_.sequence = 1;
  Ticket ticket;
  ticket.number = kNumber;
  ticket.customer = "acme";
  Keep(StateKind::kTicket, fmt::format("{:020}", kNumber), EncodeRecord(ticket));
  KeepLine(kNumber, 0, "first");
  KeepLine(kNumber, 1, "second");
  // Whoever looks into this one cannot read it.
  Keep(StateKind::kTimeline, fmt::format("{:020}/{:020}", kNumber - kPartitions, 0), "\xff\xff");
  KeepLine(kNumber + kPartitions, 0, "of the next");
  ASSERT_TRUE(store_.Commit({&commit_, 1}).ok());
  Recover();
  Serve(MakeTicketService({*desk_, calls_, *ca_, settings_}));

  v1::GetTicketRequest request;
  request.set_name(TicketName(kNumber));
  v1::GetTicketResponse response;
  grpc::ClientContext context;
  grpc::Status status =
      v1::TicketService::NewStub(ConnectOperator())->GetTicket(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.ticket().customer(), "acme");
  ASSERT_EQ(response.timeline_size(), 2);
  EXPECT_EQ(response.timeline(0).text(), "first");
  EXPECT_EQ(response.timeline(1).text(), "second");
}

}  // namespace
}  // namespace forewarn
