using System.CommandLine;
using System.Globalization;
using Sensorium.Cli.Answers;
using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;
using Sensorium.Media.Images;
using Sensorium.Models.Encoders;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;

namespace Sensorium.Cli.Commands;

/// <summary><c>label</c>: what photos are of, by a classifier.</summary>
sealed class LabelCommand : Verb
{
    readonly Argument<string[]> photos = new("photo") { Description = "Pictures (JPEG, PNG)", Arity = ArgumentArity.OneOrMore };
    readonly Option<string> model = new("--model", "-m") { Description = "A classifier: a folder or a model's name", DefaultValueFactory = _ => "efficientnet-lite0", HelpName = "model" };
    readonly Option<int> top = new("--top") { Description = "How many classes to show", DefaultValueFactory = _ => 5, HelpName = "count" };
    readonly Option<bool> json = new("--json") { Description = "For programs: a line of JSON a photo" };

    public override string Name => "label";

    public override string Description => "Say what photos are of: the likeliest classes with their probabilities.";

    public override IReadOnlyList<string> Examples { get; } = ["./sensorium label tests/Sensorium.Conformance/bundles/nano/photo-1.jpg"];

    protected override void Declare(Command command)
    {
        command.Arguments.Add(photos);
        command.Options.Add(model);
        command.Options.Add(top);
        command.Options.Add(json);
    }

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        string[] files = parsed.GetRequiredValue(photos);
        int count = parsed.GetValue(top) is > 0 and var wanted ? wanted : throw new UsageException($"--top is 1 or more, not {parsed.GetValue(top)}");
        Array.ForEach(files, Files.Demand);
        using var device = new CpuDevice();
        string name = parsed.GetValue(model)!;
        ModelPart part = ModelLoading.Model(name, device, terminal, cancellation);
        if (part.Model is not IImageClassifier classifier)
        {
            throw new UsageException($"--model {name} is a {part.Files.Family.Title}, no classifier of pictures; efficientnet-lite0 is one");
        }

        using Compute c = device.NewCompute(Numerics.Fast);
        return Task.FromResult(PhotoRun.Each(files, terminal, cancellation, file =>
        {
            c.Reset();
            Image image = ImageDecoder.DecodeFile(file).Upright();
            (string Label, float Probability)[] best = Best(c, classifier, image, count);
            if (parsed.GetValue(json))
            {
                Write(terminal, file, best);
                return;
            }

            if (files.Length > 1)
            {
                terminal.Out.WriteLine(file);
            }

            foreach ((string label, float probability) in best)
            {
                terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{probability * 100,5:0.0} %  {label}"));
            }
        }));
    }

    static (string Label, float Probability)[] Best(Compute c, IImageClassifier classifier, Image image, int count)
    {
        var probabilities = new float[classifier.Labels.Count];
        c.Read(c.Softmax(classifier.Classify(c, Pixels.Of(c, classifier.Processor, image))), probabilities);
        return [.. Enumerable.Range(0, probabilities.Length).OrderByDescending(i => probabilities[i]).Take(count).Select(i => (classifier.Labels[i], probabilities[i]))];
    }

    static void Write(Terminal terminal, string file, (string Label, float Probability)[] best) => JsonOutput.WriteLine(terminal, writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("file", file);
        writer.WriteStartArray("labels");
        foreach ((string label, float probability) in best)
        {
            writer.WriteStartObject();
            writer.WriteString("label", label);
            writer.WriteNumber("probability", probability);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });
}
