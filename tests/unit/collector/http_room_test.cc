// Who gets room and connections of an HTTP server, and who gives way.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "tests/unit/collector/http_world.h"

namespace forewarn {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class HttpRoomTest : public HttpWorld {
 protected:
  // A request that is let in, and promises a body.
  static std::string Promise(const std::string& who, size_t size = 99) {
    return "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + who +
           "\r\nExpect: 100-continue\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
  }
  // One that takes its time with it.
  std::unique_ptr<RawClient> SlowClient(const std::string& who, size_t size = 99) {
    auto client = std::make_unique<RawClient>(server_->address());
    client->Send(Promise(who, size));
    EXPECT_THAT(client->ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 100")) << who;
    return client;
  }
};

TEST_F(HttpRoomTest, TurnsAwayOneConnectionTooMany) {
  HttpOptions options;
  options.max_connections = 1;
  Open(options);
  RawClient first(server_->address());
  first.Send(
      "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer me\r\nContent-Length: 2\r\n\r\nab");
  AwaitRequests(1);
  RawClient second(server_->address());
  EXPECT_THAT(second.ReadAll(), StartsWith("HTTP/1.1 503"));
  AnswerAll();
  EXPECT_THAT(first.ReadUntil("ab"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpRoomTest, SlowAndIdleConnectionsGiveWay) {
  HttpOptions options;
  options.max_connections = 8;
  Open(options);
  RawClient admitted(server_->address());
  admitted.Send(
      "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer me\r\nContent-Length: 2\r\n\r\na");
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 500; ++i) {
    idle.push_back(std::make_unique<RawClient>(server_->address()));
    ASSERT_TRUE(idle.back()->connected()) << i;
    // Silent, in the middle of a header, in the middle of a body that nobody is asked for.
    if (i % 3 == 1) idle.back()->Send("GET /hel");
    if (i % 3 == 2)
      idle.back()->Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nab");
    if (i % 50 != 0) continue;
    EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
                EndsWith("hello world\n"));
  }
  EXPECT_EQ(idle.front()->ReadAll(), "") << "it gave way";
  admitted.Send("b");
  AwaitRequests(1);
  AnswerAll();
  EXPECT_THAT(admitted.ReadUntil("ab"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpRoomTest, WhoeverIsAdmittedAndSlowLeavesAPlaceForOthers) {
  HttpOptions options;
  options.max_connections = 8;
  Open(options);
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 6; ++i) slow.push_back(SlowClient(std::to_string(i)));
  for (int i = 0; i < 20; ++i) {
    std::string answer = Ask(Promise(std::to_string(6 + i)));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
    EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
    EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
                EndsWith("hello world\n"));
  }
  slow.front()->Send(std::string(99, 'x'));
  AwaitRequests(1);
  AnswerAll();
  EXPECT_THAT(slow.front()->ReadUntil("xxx"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpRoomTest, BodiesTogetherAreBounded) {
  HttpOptions options;
  options.max_waiting_bytes = 150'000;
  Open(options);
  const std::string door =
      "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer me\r\nContent-Length: 100000\r\n"
      "Connection: close\r\n\r\n";
  RawClient first(server_->address());
  first.Send(door + std::string(100'000, 'x'));
  AwaitRequests(1);
  std::string answer = Ask(door + std::string(100'000, 'x'));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
  AnswerAll();
  EXPECT_THAT(first.ReadAll(), StartsWith("HTTP/1.1 200"));
  RawClient second(server_->address());
  second.Send(door + std::string(100'000, 'x'));
  AwaitRequests(1);
  AnswerAll();
  EXPECT_THAT(second.ReadAll(), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpRoomTest, ABodyThatIsOnlyPromisedTakesNoRoom) {
  HttpOptions options;
  options.max_waiting_bytes = 100'000;
  Open(options);
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 4; ++i) idle.push_back(SlowClient("a", 100'000));
  RawClient other(server_->address());
  other.Send(
      "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nContent-Length: 5\r\n"
      "Connection: close\r\n\r\nhello");
  AwaitRequests(1);
  AnswerAll();
  EXPECT_THAT(other.ReadAll(), EndsWith("hello"));
}

TEST_F(HttpRoomTest, NobodyTakesAllTheRoom) {
  HttpOptions options;
  options.max_waiting_bytes = 100'000;
  Open(options);
  auto post = [](const std::string& who, size_t size) {
    return "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + who +
           "\r\nConnection: close\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'x');
  };
  RawClient first(server_->address());
  first.Send(post("a", 40'000));
  AwaitRequests(1);
  EXPECT_THAT(Ask(post("a", 20'000)), StartsWith("HTTP/1.1 503"));
  RawClient other(server_->address());
  other.Send(post("b", 20'000));
  AwaitRequests(2);
  AnswerAll();
  EXPECT_THAT(first.ReadAll(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(other.ReadAll(), StartsWith("HTTP/1.1 200"));
  // By itself one may have all of it.
  RawClient large(server_->address());
  large.Send(post("a", 99'000));
  AwaitRequests(1);
  AnswerAll();
  EXPECT_THAT(large.ReadAll(), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpRoomTest, AnswersTakeHalfOfTheRoomAtMostUntilTheyHaveLeft) {
  HttpOptions options;
  options.max_waiting_bytes = kLong * 5;
  server_ = *HttpServer::Open(options, {Long()});
  RawClient first(server_->address()), second(server_->address());
  first.Send(AskForLong("a"));
  std::string answer = first.ReadUntil("\r\n\r\n");
  second.Send(AskForLong("b"));
  EXPECT_THAT(second.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  std::string refusal = Ask(AskForLong("c")).substr(0, 1000);
  EXPECT_THAT(refusal, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(refusal, HasSubstr("Retry-After: 1\r\n"));
  answer += first.ReadAll();
  EXPECT_GT(answer.size(), kLong);
  EXPECT_THAT(Ask(AskForLong("c")).substr(0, 1000), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpRoomTest, NobodyTakesAllTheConnections) {
  HttpOptions options;
  options.max_connections = 8;  // six of them for doors
  Open(options);
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 3; ++i) slow.push_back(SlowClient("a"));
  EXPECT_THAT(Ask(Promise("a")), StartsWith("HTTP/1.1 503"));
  std::string again = Promise("a");
  again.replace(again.find("Bearer"), 6, "BEARER");
  EXPECT_THAT(Ask(again), StartsWith("HTTP/1.1 503"))
      << "who spells the scheme otherwise is no other";
  SlowClient("b");
}

TEST_F(HttpRoomTest, WhoWasTurnedAwayAndStaysGivesWay) {
  HttpOptions options;
  options.max_connections = 4;
  Open(options);
  std::vector<std::unique_ptr<RawClient>> turned_away;
  for (int i = 0; i < 4; ++i) {
    turned_away.push_back(std::make_unique<RawClient>(server_->address()));
    turned_away.back()->Send(
        "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer me\r\nContent-Length: "
        "999999999\r\n\r\n");
    turned_away.back()->ReadUntil("\r\n\r\n");
  }
  EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpRoomTest, BodiesThatNobodyReadsTakeNoneOfTheRoomOfDoors) {
  HttpOptions options;
  options.max_waiting_bytes = 10;
  Open(options);
  for (const char* path : {"GET /hello", "POST /later"}) {
    EXPECT_THAT(Ask(std::string(path) +
                    " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 20\r\n\r\n" +
                    std::string(20, 'x')),
                testing::Not(StartsWith("HTTP/1.1 503")))
        << path;
  }
  EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpRoomTest, WhatADoorIsBusyWithHoldsUpNobodyWhoAsksHowWeAre) {
  HttpOptions options;
  options.threads = 1;
  std::promise<void> begun, end;
  HttpRoute busy{"POST", "/busy"};
  busy.later = [&](const HttpRequest&, const HttpReply& reply) {
    begun.set_value();
    end.get_future().wait();
    reply({200, "at last\n"});
  };
  HttpRoute hello{"GET", "/hello", [](const HttpRequest&) { return HttpResponse{200, "hello\n"}; }};
  server_ = *HttpServer::Open(options, {busy, hello});
  RawClient client(server_->address());
  client.Send("POST /busy HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  begun.get_future().wait();
  EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              EndsWith("hello\n"));
  end.set_value();
  EXPECT_THAT(client.ReadAll(), EndsWith("at last\n"));
}

TEST_F(HttpRoomTest, WhoSendsALotIsNotServedBeforeWhoSendsLittle) {
  HttpOptions options;
  options.threads = 1;
  std::promise<void> begun, end;
  std::vector<std::string> served;  // of the worker's thread until its last reply
  HttpRoute slow{"POST", "/slow"};
  slow.admit = [](const HttpRequest&) { return std::nullopt; };
  slow.later = [&](const HttpRequest& request, const HttpReply& reply) {
    if (served.empty()) {
      begun.set_value();
      end.get_future().wait();
    }
    served.push_back(request.authorization);
    reply({200, "at last\n"});
  };
  HttpRoute hello{"GET", "/hello", [](const HttpRequest&) { return HttpResponse{200, "hello\n"}; }};
  server_ = *HttpServer::Open(options, {slow, hello});
  std::vector<std::unique_ptr<RawClient>> clients;
  auto send = [&](const std::string& who) {
    clients.push_back(std::make_unique<RawClient>(server_->address()));
    clients.back()->Send(
        "POST /slow HTTP/1.1\r\nHost: x\r\nAuthorization: " + who +
        "\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
    EXPECT_THAT(clients.back()->ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 100"));
    clients.back()->Send("x");
  };
  send("Bearer many");
  begun.get_future().wait();
  for (int i = 0; i < 8; ++i) send("Bearer many");
  send("Bearer one");
  // The thread that reads takes them in the order in which they came.
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
                EndsWith("hello\n"));
  }
  end.set_value();
  for (auto& client : clients) EXPECT_THAT(client->ReadAll(), EndsWith("at last\n"));
  ASSERT_EQ(served.size(), 10u);
  EXPECT_THAT((std::vector<std::string>(served.begin(), served.begin() + 3)),
              testing::Contains("Bearer one"));
}

TEST_F(HttpRoomTest, AChunkedBodyTakesTheRoomOfWhatCame) {
  HttpOptions options;
  options.max_waiting_bytes = 1000;  // one may have 100,000
  Open(options);
  const std::string door =
      "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer me\r\nTransfer-Encoding: "
      "chunked\r\n"
      "Connection: close\r\n\r\n";
  RawClient first(server_->address());
  RawClient second(server_->address());
  for (RawClient* client : {&first, &second}) client->Send(door + "2\r\nab\r\n0\r\n\r\n");
  AwaitRequests(2);
  RawClient third(server_->address());
  third.Send(door + "fa0\r\n" + std::string(4000, 'x'));
  EXPECT_THAT(third.ReadUntil("in a moment"), StartsWith("HTTP/1.1 503"));
  AnswerAll();
  EXPECT_THAT(first.ReadAll(), EndsWith("\r\n\r\nab"));
  EXPECT_THAT(second.ReadAll(), EndsWith("\r\n\r\nab"));
}

}  // namespace
}  // namespace forewarn
