#include "collector/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace forewarn {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// A client that sends exactly what it is told to.
class Client {
 public:
  explicit Client(const std::string& address) {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    timeval patience = {.tv_sec = 20, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
  }
  ~Client() { close(fd_); }

  bool connected() const { return connected_; }
  void Send(std::string_view bytes) {
    EXPECT_EQ(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // Until the server closes.
  std::string ReadAll() { return ReadUntil(""); }
  // Until `end` was seen.
  std::string ReadUntil(std::string_view end) {
    std::string all;
    char part[4096];
    ssize_t size;
    while ((end.empty() || all.find(end) == std::string::npos) &&
           (size = recv(fd_, part, sizeof(part), 0)) > 0) {
      all.append(part, static_cast<size_t>(size));
    }
    return all;
  }

 private:
  int fd_ = -1;
  bool connected_ = false;
};

class HttpServerTest : public testing::Test {
 protected:
  void Open(HttpOptions options = {}) {
    auto server =
        HttpServer::Open(options, {{"GET", "/hello",
                                    [](const HttpRequest&) {
                                      return HttpResponse{200, "hello world\n"};
                                    }},
                                   {"POST", "/echo", [](const HttpRequest& request) {
                                      return HttpResponse{200, request.query + "|" + request.body};
                                    }}});
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = *std::move(server);
  }

  std::string Ask(std::string_view request) {
    Client client(server_->address());
    client.Send(request);
    return client.ReadAll();
  }

  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersAGet) {
  Open();
  std::string answer = Ask("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 12\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nhello world\n"));
}

TEST_F(HttpServerTest, AHeadHasTheLengthButNotTheBody) {
  Open();
  std::string answer = Ask("HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 12\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, ServesSeveralRequestsOnOneConnection) {
  Open();
  Client client(server_->address());
  client.Send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("world"), StartsWith("HTTP/1.1 200"));
  client.Send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), EndsWith("hello world\n"));
}

TEST_F(HttpServerTest, SaysWhatThereIsWhenAPathLeadsNowhere) {
  Open();
  std::string answer = Ask("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(answer, HasSubstr("GET /hello"));
}

TEST_F(HttpServerTest, SaysWhichMethodADoorTakes) {
  Open();
  std::string answer = Ask("DELETE /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(answer, HasSubstr("/hello answers GET only"));
}

TEST_F(HttpServerTest, TakesBodiesWithALengthAndChunked) {
  Open();
  EXPECT_THAT(Ask("POST /echo?a=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: "
                  "close\r\n\r\nabc"),
              EndsWith("a=1|abc"));
  EXPECT_THAT(
      Ask("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
          "\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"),
      EndsWith("|abc"));
}

TEST_F(HttpServerTest, RefusesWhatIsTooLong) {
  HttpOptions options;
  options.max_header_bytes = 512;
  options.max_body_bytes = 10;
  Open(options);
  EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nX: " + std::string(600, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431"));
  std::string answer = Ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(answer, HasSubstr("longer than 10 bytes"));
}

TEST_F(HttpServerTest, RefusesWhatIsNotHttp) {
  Open();
  EXPECT_THAT(Ask("\x16\x03\x01 hello\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(HttpServerTest, TurnsAwayOneConnectionTooMany) {
  HttpOptions options;
  options.max_connections = 1;
  Open(options);
  Client first(server_->address());
  first.Send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  first.ReadUntil("world");
  Client second(server_->address());
  EXPECT_THAT(second.ReadAll(), StartsWith("HTTP/1.1 503"));
}

TEST_F(HttpServerTest, ClosesAConnectionThatSendsNothing) {
  HttpOptions options;
  options.request_timeout = 50ms;
  Open(options);
  Client client(server_->address());
  client.Send("GET /hel");
  EXPECT_EQ(client.ReadAll(), "");
}

TEST_F(HttpServerTest, NamesAnAddressThatItCannotListenOn) {
  Open();
  HttpOptions options;
  options.listen = server_->address();
  HttpOptions nowhere;
  nowhere.listen = "nowhere";
  auto second = HttpServer::Open(options, {});
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.status().message(), HasSubstr(server_->address()));
  EXPECT_EQ(HttpServer::Open(nowhere, {}).status().code(), Code::kInvalidArgument);
}

TEST_F(HttpServerTest, StopsListeningWhenItIsGone) {
  Open();
  std::string address = server_->address();
  server_.reset();
  EXPECT_FALSE(Client(address).connected());
}

}  // namespace
}  // namespace forewarn
