from idlat.explorer.page.view import View


class IsosurfacesView(View):
    pass
