#include <gmock/gmock.h>

#include "ctl/commands.h"
#include "fake_collector.h"

namespace forewarn {
namespace {

using testing::AllOf;
using testing::HasSubstr;

void Fill(v1::TicketInfo* ticket) {
  ticket->set_name("FW-192");
  ticket->set_customer("acme");
  ticket->set_installation("main");
  ticket->set_title("/srv will be full");
  ticket->set_severity("warning");
  ticket->set_state("open");
  ticket->set_tier(1);
  ticket->set_opened_at_ms(1'777'629'600'000);
}

class Tickets : public v1::TicketService::Service {
 public:
  grpc::Status ListTickets(grpc::ServerContext*, const v1::ListTicketsRequest* request,
                           v1::ListTicketsResponse* response) override {
    if (request->with_closed()) Fill(response->add_tickets());
    return grpc::Status::OK;
  }
  grpc::Status GetTicket(grpc::ServerContext*, const v1::GetTicketRequest* request,
                         v1::GetTicketResponse* response) override {
    if (request->name() != "FW-192")
      return grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no ticket FW-1");
    Fill(response->mutable_ticket());
    v1::TimelineInfo* item = response->add_timeline();
    item->set_what("opened");
    item->set_actor("forewarn");
    v1::NotificationInfo* message = response->add_notifications();
    message->set_receiver("on-call");
    message->set_state("delivered");
    return grpc::Status::OK;
  }
  grpc::Status CloseTicket(grpc::ServerContext*, const v1::TicketActRequest* request,
                           v1::TicketActResponse* response) override {
    asked = *request;
    Fill(response->mutable_ticket());
    response->mutable_ticket()->set_state("closed");
    return grpc::Status::OK;
  }
  v1::TicketActRequest asked;
};

using TicketsTest = CtlTest<Tickets>;

TEST_F(TicketsTest, ClosedOnesAreListedOnDemand) {
  ASSERT_TRUE(ListTickets(session, "", false).ok());
  EXPECT_EQ(out.str(), "No open tickets.\n");
  ASSERT_TRUE(ListTickets(session, "", true).ok());
  EXPECT_THAT(out.str(), HasSubstr("FW-192  acme      warning   open   2026-05-01T10:00:00Z  -     "
                                   "    -      /srv will be full\n"));
}

TEST_F(TicketsTest, OneIsShownWithItsTimelineAndWhoWasTold) {
  ASSERT_TRUE(ShowTicket(session, "FW-192").ok());
  EXPECT_THAT(out.str(), AllOf(HasSubstr("FW-192  /srv will be full\n"),
                               HasSubstr("tier, owner       L1, nobody\n"),
                               HasSubstr("forewarn  opened"), HasSubstr("on-call   delivered")));
  EXPECT_EQ(ShowTicket(session, "FW-1"), NotFound("there is no ticket FW-1"));
}

TEST_F(TicketsTest, ClosingCarriesCauseAndResolution) {
  ASSERT_TRUE(
      CloseTicket(
          session,
          {.name = "FW-192", .text = "grew it", .cause = "capacity", .customer_visible = false})
          .ok());
  EXPECT_EQ(fake.asked.cause(), "capacity");
  EXPECT_EQ(fake.asked.text(), "grew it");
  EXPECT_EQ(out.str(), "FW-192 is closed: /srv will be full\n");
}

TEST_F(TicketsTest, WhatIsNotUtf8IsNamedAndNotSent) {
  TicketArguments arguments{"FW-192", "the caf\xe9 is closed", "config", false};
  Status status = CloseTicket(session, arguments);
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("'text'"), HasSubstr("not UTF-8"), HasSubstr("behind 'the caf'")));
  EXPECT_EQ(fake.asked.name(), "");
  arguments = {"FW-1\xff", "closed", "config", false};
  EXPECT_THAT(CloseTicket(session, arguments).message(), HasSubstr("'name'"));
}

}  // namespace
}  // namespace forewarn
