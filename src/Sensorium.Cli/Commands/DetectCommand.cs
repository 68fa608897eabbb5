using System.CommandLine;
using System.Globalization;
using Sensorium.Cli.Answers;
using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;
using Sensorium.Media.Images;
using Sensorium.Media.Images.Drawing;
using Sensorium.Media.Images.Png;
using Sensorium.Models.Encoders;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;

namespace Sensorium.Cli.Commands;

/// <summary><c>detect</c>: which things stand where in photos, by a detector.</summary>
sealed class DetectCommand : Verb
{
    readonly Argument<string[]> photos = new("photo") { Description = "Pictures (JPEG, PNG)", Arity = ArgumentArity.OneOrMore };
    readonly Option<string> model = new("--model", "-m") { Description = "A detector: a folder or a model's name", DefaultValueFactory = _ => "ssdlite-mobilenet-v2-coco", HelpName = "model" };
    readonly Option<float?> threshold = new("--threshold") { Description = "The least score, from 0 to 1; by default the model's own", HelpName = "number" };
    readonly Option<string?> boxes = new("--boxes") { Description = "Write the photo with boxes and names drawn over it, as PNG (one photo)", HelpName = "out.png" };
    readonly Option<bool> json = new("--json") { Description = "For programs: a line of JSON a photo" };

    public override string Name => "detect";

    public override string Description => "Find things in photos: name, score, and box in the photo's own pixels (left, top, right, bottom).";

    public override IReadOnlyList<string> Examples { get; } =
        ["./sensorium detect tests/Sensorium.Conformance/bundles/nano/photo-3.jpg", "./sensorium detect tests/Sensorium.Conformance/bundles/nano/photo-3.jpg --threshold 0.3 --boxes artifacts/boxes.png"];

    protected override void Declare(Command command)
    {
        command.Arguments.Add(photos);
        command.Options.Add(model);
        command.Options.Add(threshold);
        command.Options.Add(boxes);
        command.Options.Add(json);
    }

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        string[] files = parsed.GetRequiredValue(photos);
        float? least = parsed.GetValue(threshold);
        string? drawing = parsed.GetValue(boxes);
        Check(files, least, drawing);
        using var device = new CpuDevice();
        string name = parsed.GetValue(model)!;
        ModelPart part = ModelLoading.Model(name, device, terminal, cancellation);
        if (part.Model is not IObjectDetector detector)
        {
            throw new UsageException($"--model {name} is {part.Files.Family.Title}, no detector; ssdlite-mobilenet-v2-coco is one");
        }

        DetectionLimits limits = least is { } score ? detector.DefaultLimits with { ScoreThreshold = score } : detector.DefaultLimits;
        using Compute c = device.NewCompute(Numerics.Fast);
        return Task.FromResult(PhotoRun.Each(files, terminal, cancellation, file =>
        {
            c.Reset();
            Image image = ImageDecoder.DecodeFile(file).Upright();
            Detection[] found = [.. detector.Detect(c, Pixels.Of(c, detector.Processor, image), image.Width, image.Height, limits).Select(d => Inside(d, image))];
            if (drawing is not null)
            {
                Image drawn = BoxPainter.Draw(image, [.. found.Select(d => new LabelledBox(d.Left, d.Top, d.Right, d.Bottom, string.Create(CultureInfo.InvariantCulture, $"{d.Label} {d.Score:0.00}"), d.ClassId))]);
                PngEncoder.Save(drawn, drawing);
            }

            if (parsed.GetValue(json))
            {
                Write(terminal, file, image, found);
            }
            else
            {
                Write(terminal, files.Length > 1 ? file : null, found);
            }
        }));
    }

    static void Check(string[] files, float? least, string? drawing)
    {
        if (least is < 0 or > 1 or float.NaN)
        {
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--threshold is from 0 to 1, not {least}"));
        }

        if (drawing is not null && files.Length > 1)
        {
            throw new UsageException($"--boxes draws over one photo, {files.Length} are given");
        }

        if (drawing is not null && !drawing.EndsWith(".png", StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException($"--boxes writes PNG; name a file that ends in .png, not {drawing}");
        }

        Array.ForEach(files, Files.Demand);
    }

    /// <summary>A box may reach out of the picture; what is told ends at its edges.</summary>
    static Detection Inside(Detection d, Image image) => d with
    {
        Left = Math.Clamp(d.Left, 0, image.Width),
        Top = Math.Clamp(d.Top, 0, image.Height),
        Right = Math.Clamp(d.Right, 0, image.Width),
        Bottom = Math.Clamp(d.Bottom, 0, image.Height),
    };

    static void Write(Terminal terminal, string? file, Detection[] found)
    {
        if (file is not null)
        {
            terminal.Out.WriteLine(file);
        }

        if (found.Length == 0)
        {
            terminal.Error.WriteLine("nothing found; a lower --threshold finds more");
        }

        foreach (Detection d in found)
        {
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{d.Score:0.00}  {d.Label,-14} {d.Left,6:0} {d.Top,6:0} {d.Right,6:0} {d.Bottom,6:0}"));
        }
    }

    static void Write(Terminal terminal, string file, Image image, Detection[] found) => JsonOutput.WriteLine(terminal, writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("file", file);
        writer.WriteNumber("width", image.Width);
        writer.WriteNumber("height", image.Height);
        writer.WriteStartArray("detections");
        foreach (Detection d in found)
        {
            writer.WriteStartObject();
            writer.WriteString("label", d.Label);
            writer.WriteNumber("score", d.Score);
            writer.WriteStartArray("box");
            foreach (float edge in new[] { d.Left, d.Top, d.Right, d.Bottom })
            {
                writer.WriteNumberValue(MathF.Round(edge, 2));
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });
}
