"""The columns of tables of applications: what their names mean in four languages, and the tables of known programs.

A preset is recognised by names of columns that were seen in public files of the program. `certainty` below 1 means that
the meaning follows from an alias, or that no original file of the program was found.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from api.words.terms import fold

NOT_A_LETTER = re.compile(r"[\W\d_]+")
IGNORE, NOTE = "ignore", "note"
SEVERAL = (IGNORE, NOTE)  # targets that more than one column may have
ALIASES: Mapping[str, str] = {
    "id": "afterword id",
    "company": "company|company name|employer|organization|organisation|firma|arbeitgeber|unternehmen|firmenname|"
    "entreprise|société|employeur|empresa|compañía|empleador",
    "role": "role|job title|title|position|job position|job|stelle|stellenbezeichnung|rolle|jobtitel|poste|"
    "intitulé du poste|titre du poste|puesto|cargo|título del puesto|vacante",
    "stage": "stage|status|application status|list|phase|bewerbungsstatus|stand|statut|étape|état|estado|etapa|fase",
    "applied_on": "applied on|date applied|applied date|application date|applied|applied at|bewerbungsdatum|"
    "beworben am|datum der bewerbung|date de candidature|postulé le|candidature le|fecha de solicitud|"
    "fecha de postulación|fecha de candidatura",
    "saved_on": "saved on|date saved|saved date|date added|added|created|created at|gespeichert am|hinzugefügt am|"
    "enregistré le|date d'ajout|guardado el|fecha de guardado",
    "stage_at": "stage at|stage since|status date|date of status|last update|last updated|statusdatum|status seit|"
    "date du statut|fecha de estado|última actualización",
    "closed_on": "closed on|closed at|date closed|rejected on|date rejected|abgeschlossen am|absage am|"
    "clôturé le|refusé le|cerrado el|rechazado el",
    "posting_url": "posting url|url|link|job url|job link|posting|job posting|stellenanzeige|anzeige|link zur stelle|"
    "lien|lien de l'offre|annonce|enlace|enlace de la oferta",
    "posting_text": "posting text|job description|description|stellenbeschreibung|beschreibung|"
    "description du poste|descripción|descripción del puesto",
    "location": "location|city|place|ort|standort|arbeitsort|lieu|ville|ubicación|lugar|ciudad",
    "work_mode": "work mode|remote|workplace|work type|arbeitsmodell|homeoffice|mode de travail|télétravail|"
    "modalidad|teletrabajo",
    "source": "source|found on|job board|quelle|gefunden bei|portal|source de l'offre|fuente|origen",
    "salary": "salary|pay|compensation|salary range|gehalt|vergütung|salaire|rémunération|salario|sueldo",
    "salary_min": "salary min|min salary|minimum salary|gehalt von|mindestgehalt|salaire minimum|salario mínimo",
    "salary_max": "salary max|max salary|maximum salary|gehalt bis|salaire maximum|salario máximo",
    "salary_currency": "salary currency|currency|währung|devise|moneda|divisa",
    "salary_period": "salary period|pay period|gehaltszeitraum|période de salaire|período de salario",
    "note": "note|notes|comment|comments|notiz|notizen|bemerkung|bemerkungen|kommentar|remarque|remarques|"
    "commentaire|commentaires|nota|notas|comentario|comentarios|observaciones",
    "contact_name": "contact|contact name|contact person|recruiter|ansprechpartner|ansprechperson|kontakt|"
    "kontaktperson|nom du contact|recruteur|contacto|persona de contacto|reclutador",
    "contact_email": "contact email|email|e mail|recruiter email|e mail adresse|courriel|email du contact|correo|"
    "correo electrónico",
    "contact_phone": "contact phone|phone|phone number|telephone|telefon|telefonnummer|téléphone|teléfono",
    "contact_role": "contact role|contact title|funktion|fonction du contact|cargo del contacto",
    "interview_at": "interview at|interview|interview date|next interview|vorstellungsgespräch|gesprächstermin|"
    "date d'entretien|entretien|entrevista|fecha de entrevista",
    "time_zone": "time zone|timezone|zeitzone|fuseau horaire|zona horaria",
    "archived": "archived|archiviert|archivé|archivado",
    "ignore": "afterword line|afterword error",
}
TARGETS = tuple(ALIASES)
STAGES: Mapping[str, str] = {
    "saved": "saved|wishlist|bookmarked|bookmark|interested|to apply|applying|todo|not applied|not yet applied|draft|"
    "gemerkt|gespeichert|interessiert|zu bewerben|vorgemerkt|à postuler|enregistré|sauvegardé|guardado|por aplicar|"
    "pendiente de enviar",
    "applied": "applied|submitted|application sent|application submitted|sent|beworben|bewerbung gesendet|eingereicht|"
    "abgeschickt|postulé|candidature envoyée|envoyé|envoyée|solicitado|postulado|enviado|enviada",
    "interviewing": "interviewing|interview|interviews|in interviews|interview scheduled|gespräch|im gespräch|"
    "vorstellungsgespräch|interviewphase|entretien|entretiens|en entretien|entrevista|entrevistas|en entrevista",
    "offered": "offered|offer|offer received|negotiating|negotiation|angebot|angebot erhalten|offre|offre reçue|"
    "oferta|oferta recibida",
    "accepted": "accepted|offer accepted|hired|angenommen|zugesagt|eingestellt|accepté|acceptée|embauché|aceptado|"
    "aceptada|contratado",
    "declined": "declined|offer declined|abgelehntes angebot|angebot abgelehnt|offre refusée|oferta rechazada",
    "rejected": "rejected|rejection|not selected|no longer under consideration|absage|abgesagt|abgelehnt|refusé|refus|"
    "rejeté|rechazado|rechazada|descartado",
    "withdrawn": "withdrawn|withdrew|i withdrew|zurückgezogen|retiré|retirée|désisté|retirado|retirada",
    "no_response": "no response|no answer|ghosted|ghost|keine antwort|keine rückmeldung|sans réponse|pas de réponse|"
    "sin respuesta",
}
WORK_MODES: Mapping[str, str] = {
    "remote": "remote|fully remote|yes|true|homeoffice|home office|ja|télétravail|à distance|oui|remoto|"
    "teletrabajo|sí|100 remote",
    "hybrid": "hybrid|hybride|híbrido|hibrido|teilweise",
    "onsite": "onsite|on site|office|in office|in person|no|false|vor ort|nein|büro|sur site|présentiel|non|presencial",
}
PERIODS: Mapping[str, str] = {
    "year": "year|yearly|annual|annually|per year|jahr|jährlich|pro jahr|an|annuel|par an|año|anual",
    "month": "month|monthly|per month|monat|monatlich|mois|mensuel|par mois|mes|mensual",
    "week": "week|weekly|per week|woche|semaine|semana",
    "day": "day|daily|per day|tag|jour|día",
    "hour": "hour|hourly|per hour|stunde|heure|hora",
}
YES = "yes|true|x|1|ja|wahr|oui|vrai|sí|verdadero|archived|archiviert|archivé|archivado"
CONTACT_ROLES: Mapping[str, str] = {
    "recruiter": "recruiter|recruteur|reclutador|personalvermittler|headhunter",
    "hr": "hr|human resources|personalabteilung|personal|rh|ressources humaines|recursos humanos",
    "hiring_manager": "hiring manager|manager|vorgesetzter|fachabteilung|responsable",
    "interviewer": "interviewer|interviewerin|gesprächspartner|intervieweur|entrevistador",
    "assistant": "assistant|assistenz|assistante|asistente",
}


@dataclass(frozen=True, slots=True)
class Preset:
    """The table of a known program. `required`: the names of columns by which it is recognised.

    `columns`: their targets, where they differ from the aliases. `order`: of its dates, if it is known. `stage`: of
    rows in a table without a column for it.
    """

    name: str
    required: Sequence[str]
    columns: Mapping[str, str] = field(default_factory=dict)
    certainty: float = 1.0
    order: str | None = None
    stage: str | None = None


PRESETS = (
    Preset(
        "afterword",
        ("id", "company", "role", "stage", "stage_since", "stage_history"),
        {"id": "id", "created_at": IGNORE},
    ),
    Preset(
        "linkedin",
        ("Application Date", "Company Name", "Job Title", "Job Url", "Resume Name"),
        # The address and the number are those of the applicant, not of a contact.
        {"Contact Email": IGNORE, "Contact Phone Number": IGNORE, "Resume Name": IGNORE, "Question And Answers": NOTE},
        order="mdy",
        stage="applied",
    ),
    Preset(
        "linkedin-saved",
        ("Saved Date", "Job Url", "Job Title", "Company Name"),
        order="mdy",
        stage="saved",
    ),
    Preset(
        "simplify",
        ("Job URL", "Status Date", "Date Archived"),
        {"Status Date": "stage_at", "Date Archived": IGNORE, "Archived": "archived"},
    ),
    Preset("teal", ("Excitement", "Status"), {"Job Position": "role", "Max. Salary": "salary_max"}, certainty=0.7),
    Preset("huntr", ("List", "Job Title"), certainty=0.7),
    Preset("huntr", ("List", "Company", "Title"), certainty=0.7),
)
PRESET_NAMES = tuple(dict.fromkeys(preset.name for preset in PRESETS))


def folded_name(name: str) -> str:
    """Return the letters of a name, folded: "E-Mail (Kontakt)" and "email kontakt" are the same."""
    return NOT_A_LETTER.sub("", fold(name))


def _by_alias(words: Mapping[str, str]) -> dict[str, str]:
    return {folded_name(alias): meaning for meaning, names in words.items() for alias in names.split("|")}


TARGET_OF = _by_alias(ALIASES)
STAGE_OF = _by_alias(STAGES)
WORK_MODE_OF = _by_alias(WORK_MODES)
PERIOD_OF = _by_alias(PERIODS)
CONTACT_ROLE_OF = _by_alias(CONTACT_ROLES)
IS_YES = frozenset(folded_name(word) or word for word in YES.split("|"))


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a column is proposed to mean, and how certain that is, from 0 to 1."""

    target: str
    certainty: float


def preset_of(names: Sequence[str], wanted: str | None = None) -> Preset | None:
    """Return the preset that is wanted, or the first one all of whose required columns are there."""
    there = {folded_name(name) for name in names}
    for preset in PRESETS:
        if wanted in (None, preset.name) and {folded_name(name) for name in preset.required} <= there:
            return preset
    return next((preset for preset in PRESETS if preset.name == wanted), None)


def proposals(names: Sequence[str], preset: Preset | None) -> list[Proposal]:
    """Return what each column means. A target that was given to an earlier column is not given again."""
    special = {folded_name(name): target for name, target in preset.columns.items()} if preset else {}
    taken: set[str] = set(special.values()) - set(SEVERAL)
    proposed = []
    for name in names:
        key = folded_name(name)
        target = special.get(key) or TARGET_OF.get(key) or IGNORE
        if key not in special and target in taken:
            target = IGNORE
        if target not in SEVERAL:
            taken.add(target)
        certainty = preset.certainty if preset else 0.9
        proposed.append(Proposal(target, certainty if target != IGNORE or key in special else 0.5))
    return proposed
