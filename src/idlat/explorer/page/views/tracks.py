from idlat.explorer.page.view import View


class TracksView(View):
    pass
