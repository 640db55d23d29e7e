from idlat.explorer.page.view import View, action
from idlat.explorer.page.checks import text


class KeepingView(View):
    def actions(self):
        return {"open": action(self.open, fragment=text(10**6))}

    def open(self, fragment):
        self.session.load()

    def initial(self):
        return {
            "exports": [],
            "can_track": False,
            "tracks": [],
            "track_note": "",
            "track_step": 1,
            "isovalues": [],
            "representative_values": [],
            "similarity": b"",
            "representative": [],
            "map_palette": b"",
        }
