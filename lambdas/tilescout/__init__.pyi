from tilescout_api import Detection as Detection
from tilescout_api import Document as Document
from tilescout_api import Documents as Documents
from tilescout_api import Page as Page
from tilescout_api import Withheld as Withheld
from tilescout_api import open_folder as open_folder
from tilescout_api import open_stack as open_stack
