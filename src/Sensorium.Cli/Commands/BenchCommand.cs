using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Sensorium.Cli.Answers;
using Sensorium.Cli.Bench;
using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;
using Sensorium.Models.Backbones;
using Sensorium.Models.Encoders;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Cli.Commands;

/// <summary><c>bench</c>: what the machine can do, and how near a model comes.</summary>
sealed class BenchCommand : Verb
{
    readonly Option<string?> model = new("--model", "-m") { Description = "A folder, a .gguf file or a model's name; without it and --shape only the machine is measured", HelpName = "model" };
    readonly Option<string?> shape = new("--shape") { Description = $"A well-known model by its shape, with made-up weights: {string.Join(", ", ModelShapes.Names)}", HelpName = "name" };
    readonly Option<string> type = new("--type") { Description = "The type of the made-up weights: F32, BF16, F16, Q8_0, Q4_0, Q4_K …", DefaultValueFactory = _ => "Q8_0", HelpName = "type" };
    readonly Option<int?> prompt = new("--prompt") { Description = "Tokens of the prompt, or of a text that is embedded; by default 512, minilm 128", HelpName = "count" };
    readonly Option<int> steps = new("--steps") { Description = "Tokens of the answer", DefaultValueFactory = _ => 32, HelpName = "count" };
    readonly Option<bool> exact = new("--exact") { Description = "Float32 throughout instead of the fast kernels" };
    readonly Option<bool> profile = new("--profile") { Description = "Time by operation" };
    readonly Option<bool> json = new("--json") { Description = "For programs" };

    public override string Name => "bench";

    public override string Description => "Measure the machine's ceilings and, for a model, prompt and answer speed, encoders, loading and memory, each as a share of its ceiling.";

    public override IReadOnlyList<string> Examples { get; } = ["./sensorium bench --model nano", "./sensorium bench --shape smollm2-135m --type Q4_0 --profile"];

    protected override void Declare(Command command)
    {
        foreach (Option option in new Option[] { model, shape, type, prompt, steps, exact, profile, json })
        {
            command.Options.Add(option);
        }
    }

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation) =>
        Task.FromResult(Run(parsed, terminal, cancellation));

    int Run(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        int promptTokens = parsed.GetValue(prompt) is { } asked ? Positive(prompt, asked) : ModelShapes.UsualTokens(parsed.GetValue(shape) ?? "");
        int newTokens = Positive(steps, parsed.GetValue(steps));
        if (parsed.GetValue(model) is not null && parsed.GetValue(shape) is not null)
        {
            throw new UsageException("--model and --shape exclude each other");
        }

        if (!Enum.TryParse(parsed.GetValue(type), ignoreCase: true, out DType weightType) || !Enum.IsDefined(weightType))
        {
            throw new UsageException($"--type {parsed.GetValue(type)} is no type of weights; F32, BF16, F16, Q8_0, Q4_0 and Q4_K are some");
        }

        using var device = new CpuDevice();
        Numerics numerics = parsed.GetValue(exact) ? Numerics.Exact : Numerics.Fast;
        var bench = new ModelBench(device, numerics, parsed.GetValue(profile), cancellation);
        string? name = parsed.GetValue(shape) ?? parsed.GetValue(model);
        var figures = new List<Figure>(bench.Products(name is null ? [.. ProductCase.All] : [new ProductCase(512, 2048, 2048, DType.F32)]));
        if (name is not null)
        {
            var clock = Stopwatch.StartNew();
            (object built, IReadOnlyList<Weight> weights) = Load(parsed, weightType, device, terminal, cancellation);
            figures.Add(new Figure("loading", clock.Elapsed.TotalMilliseconds, "ms"));
            figures.AddRange(Measure(bench, built, weights, promptTokens, newTokens));
            figures.Add(new Figure("private memory of weights", weights.Sum(w => w.Prepared?.PrivateBytes ?? 0) / 1e6, "MB"));
            figures.Add(new Figure("peak memory of the process", Process.GetCurrentProcess().PeakWorkingSet64 / 1e6, "MB"));
        }

        if (parsed.GetValue(json))
        {
            WriteJson(terminal, device, bench, figures);
        }
        else
        {
            Write(terminal, device, bench, name, figures);
        }

        return ExitCode.Success;
    }

    (object Model, IReadOnlyList<Weight> Weights) Load(ParseResult parsed, DType weightType, CpuDevice device, Terminal terminal, CancellationToken cancellation)
    {
        if (parsed.GetValue(shape) is { } name)
        {
            return ModelShapes.Build(name, weightType, device);
        }

        ModelPart part = ModelLoading.Model(parsed.GetValue(model)!, device, terminal, cancellation);
        return (part.Model, part.Weights);
    }

    static IEnumerable<Figure> Measure(ModelBench bench, object built, IReadOnlyList<Weight> weights, int promptTokens, int newTokens)
    {
        if (built is ComposedParts composed)
        {
            foreach (NamedEncoder encoder in composed.Encoders)
            {
                foreach (Figure figure in bench.Picture(encoder.Name, PictureRun.Of(encoder), Arithmetic.Float32))
                {
                    yield return figure;
                }
            }

            built = composed.Language.Model;
        }

        if (PictureRun.Of(built) is { } run)
        {
            foreach (Figure figure in bench.Picture("the encoder", run, bench.ArithmeticOf(weights)))
            {
                yield return figure;
            }
        }

        if (built is Bert bert)
        {
            foreach (Figure figure in bench.Texts(bert, Math.Min(promptTokens, bert.ContextLength), bench.ArithmeticOf(weights)))
            {
                yield return figure;
            }
        }

        if (built is Backbone backbone)
        {
            int room = backbone.ContextLength - newTokens;
            foreach (Figure figure in bench.Language(backbone, weights, Math.Max(1, Math.Min(promptTokens, room)), newTokens))
            {
                yield return figure;
            }
        }
    }

    static void Write(Terminal terminal, CpuDevice device, ModelBench bench, string? name, List<Figure> figures)
    {
        terminal.Out.WriteLine(device.Description);
        var table = new TextTable("", ">", "", "");
        table.Add("fp32 peak", Number(bench.Ceilings.Float32 / 1e9), "GFLOP/s", "");
        table.Add("int8 peak", Number(bench.Ceilings.Int8 / 1e9), "Gop/s", "");
        table.Add("bf16 peak", Number(bench.Ceilings.BFloat16 / 1e9), "GFLOP/s", "");
        table.Add("memory bandwidth", Number(bench.Ceilings.Bandwidth / 1e9), "GB/s", "");
        foreach (Figure figure in figures)
        {
            table.Add(figure.Name, Number(figure.Value), figure.Unit, figure.Share is { } share ? string.Create(CultureInfo.InvariantCulture, $"{share * 100:0} % of the {figure.Of}") : "");
        }

        table.Write(terminal.Out);
        foreach ((string phase, IReadOnlyList<OperationTime> times) in bench.Profiles)
        {
            terminal.Out.WriteLine();
            terminal.Out.WriteLine($"{name}: {phase}");
            double all = times.Sum(t => t.Seconds);
            var rows = new TextTable("operation", ">calls", ">ms", ">share", ">GFLOP/s", ">GB/s", "");
            foreach (OperationTime time in times)
            {
                rows.Add(
                    time.Name,
                    time.Calls.ToString(CultureInfo.InvariantCulture),
                    Number(time.Seconds * 1e3),
                    string.Create(CultureInfo.InvariantCulture, $"{time.Seconds / all * 100:0.0} %"),
                    time.Operations > 0 ? Number(time.Operations / time.Seconds / 1e9) : "",
                    time.Bytes > 0 ? Number(time.Bytes / time.Seconds / 1e9) : "",
                    bench.Share(time) is (var reached, var of) ? string.Create(CultureInfo.InvariantCulture, $"{reached * 100:0} % of the {of}") : "");
            }

            rows.Write(terminal.Out);
        }
    }

    static void WriteJson(Terminal terminal, CpuDevice device, ModelBench bench, List<Figure> figures) => JsonOutput.Write(terminal, writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("device", device.Description);
        writer.WriteStartObject("ceilings");
        writer.WriteNumber("fp32_flops", bench.Ceilings.Float32);
        writer.WriteNumber("int8_ops", bench.Ceilings.Int8);
        writer.WriteNumber("bf16_flops", bench.Ceilings.BFloat16);
        writer.WriteNumber("bandwidth_bytes", bench.Ceilings.Bandwidth);
        writer.WriteEndObject();
        writer.WriteStartArray("figures");
        foreach (Figure figure in figures)
        {
            writer.WriteStartObject();
            writer.WriteString("name", figure.Name);
            writer.WriteNumber("value", figure.Value);
            writer.WriteString("unit", figure.Unit);
            if (figure.Share is { } share)
            {
                writer.WriteNumber("share", share);
                writer.WriteString("of", figure.Of);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("profile");
        foreach ((string phase, IReadOnlyList<OperationTime> times) in bench.Profiles)
        {
            foreach (OperationTime time in times)
            {
                writer.WriteStartObject();
                writer.WriteString("phase", phase);
                writer.WriteString("operation", time.Name);
                writer.WriteNumber("calls", time.Calls);
                writer.WriteNumber("seconds", time.Seconds);
                writer.WriteNumber("operations", time.Operations);
                writer.WriteNumber("bytes", time.Bytes);
                if (bench.Share(time) is (var reached, var of))
                {
                    writer.WriteNumber("share", reached);
                    writer.WriteString("of", of);
                }

                writer.WriteEndObject();
            }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    static int Positive(Option option, int value) =>
        value is > 0 and <= 1_000_000 ? value : throw new UsageException($"{option.Name} is 1 to 1000000, not {value}");

    static string Number(double value) => value.ToString(value >= 100 ? "0" : value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
