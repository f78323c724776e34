"""Run the service with its worker and the stand-ins of its operators on a scratch folder, for a demo and for rehearsals."""
