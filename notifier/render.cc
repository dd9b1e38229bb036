#include "notifier/render.h"

#include "notifier/catalogue.h"

namespace forewarn {
namespace {

void AppendEscaped(std::string_view text, std::string& out) {
  for (char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
}

}  // namespace

Renderer::Renderer(std::string zone_folder) : zone_folder_(std::move(zone_folder)) {}

const TimeZone& Renderer::ZoneOf(const std::string& name) {
  auto [at, is_new] = zones_.try_emplace(name);
  if (is_new) {
    StatusOr<TimeZone> zone = TimeZone::Load(name, zone_folder_);
    if (zone.ok()) at->second = *std::move(zone);
  }
  return at->second;
}

StatusOr<Message> Renderer::Render(const Notification& notification) {
  Facts facts = FromAttributes(notification.facts);
  FW_ASSIGN_OR_RETURN(RenderedText text, RenderText(notification.template_id, notification.locale,
                                                    facts, ZoneOf(notification.timezone)));
  Message message;
  message.id = notification.id;
  message.ticket = notification.ticket;
  message.subject = std::move(text.subject);
  message.text = std::move(text.body);
  message.html = ToHtml(message.text);
  message.to = notification.addresses;
  if (notification.audience == Audience::kCustomer) message.reply_to = facts["owner_email"];
  message.notification = &notification;
  return message;
}

std::string ToHtml(std::string_view text) {
  std::string out =
      "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head>\n"
      "<body style=\"font-family:sans-serif;line-height:1.5\">\n";
  bool in_paragraph = false;
  while (!text.empty()) {
    size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) {
      if (in_paragraph) out += "</p>\n";
      in_paragraph = false;
      continue;
    }
    out += in_paragraph ? "<br>\n" : "<p>";
    in_paragraph = true;
    AppendEscaped(line, out);
  }
  if (in_paragraph) out += "</p>\n";
  return out + "</body></html>\n";
}

}  // namespace forewarn
