"""Contacts and meetings of a case, meetings of a school, and the private calendar."""

from django.urls import path

from cases.views import contacts, feeds, meetings, minutes

CASE = "cases/<slug:reference>/"
MEETING = "meetings/<slug:reference>/"
ABOUT = f"{MEETING}cases/<slug:case>/"

urlpatterns = [
    path(f"{CASE}contacts/", contacts.case_contacts, name="case_contacts"),
    path(f"{CASE}contacts/add/", contacts.contact_add, name="case_contact_add"),
    path(f"{CASE}meetings/add/", meetings.meeting_arrange, name="meeting_arrange"),
    path("meetings/", meetings.meetings, name="meetings"),
    path("meetings/new/", meetings.meeting_new, name="meeting_new"),
    path("meetings/calendar/", feeds.meeting_feed, name="meeting_feed"),
    path("meetings/calendar/<str:secret>.ics", feeds.meeting_feed_file, name="meeting_feed_file"),
    path(MEETING, meetings.meeting, name="meeting"),
    path(f"{MEETING}meeting.ics", meetings.meeting_ics, name="meeting_ics"),
    path(f"{MEETING}invited/", meetings.meeting_tell, name="meeting_tell"),
    path(f"{MEETING}outcome/", meetings.meeting_settle, name="meeting_settle"),
    path(f"{MEETING}move/", meetings.meeting_move, name="meeting_move"),
    path(f"{MEETING}agenda/", meetings.meeting_add_case, name="meeting_add_case"),
    path(f"{ABOUT}minutes/", minutes.minutes_write, name="meeting_minutes"),
    path(f"{ABOUT}actions/", minutes.action_add, name="meeting_action"),
    path(f"{ABOUT}actions/<int:action>/done/", minutes.action_done, name="meeting_action_done"),
    path(f"{ABOUT}copies/", minutes.minutes_give, name="meeting_copies"),
    path(f"{ABOUT}record.pdf", minutes.minutes_pdf, name="meeting_record"),
]
