using System.CommandLine;
using System.Globalization;
using Sensorium.Cli.Answers;
using Sensorium.Cli.Console;
using Sensorium.Cli.Embedding;
using Sensorium.Cli.Errors;
using Sensorium.Media.Images;
using Sensorium.Models.Encoders;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Cli.Commands;

/// <summary><c>label</c>: what photos are of, by a classifier or, for labels that the caller names, by a model that matches pictures with texts.</summary>
sealed class LabelCommand : Verb
{
    readonly Argument<string[]> photos = new("photo") { Description = "Pictures (JPEG, PNG)", Arity = ArgumentArity.OneOrMore };
    readonly Option<string?> model = new("--model", "-m") { Description = "A classifier (by default efficientnet-lite0) or, with --labels, a CLIP or SigLIP (by default the first that is found): a folder or a model's name", HelpName = "model" };
    readonly Option<string[]> labels = new("--labels") { Description = "Names of your own between commas, from which CLIP or SigLIP choose", HelpName = "a,b,c" };
    readonly Option<string?> template = new("--template") { Description = "The sentence that a label of your own stands in; by default the model's", HelpName = "a photo of a {}" };
    readonly Option<int> top = new("--top") { Description = "How many classes to show", DefaultValueFactory = _ => 5, HelpName = "count" };
    readonly Option<bool> json = new("--json") { Description = "For programs: a line of JSON a photo" };

    public override string Name => "label";

    public override string Description => "Say what photos are of: the likeliest classes with their probabilities, among a classifier's or among labels of your own.";

    public override IReadOnlyList<string> Examples { get; } = ["./sensorium label tests/Sensorium.Conformance/bundles/nano/photo-1.jpg"];

    protected override void Declare(Command command)
    {
        command.Arguments.Add(photos);
        foreach (Option option in new Option[] { model, labels, template, top, json })
        {
            command.Options.Add(option);
        }
    }

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        string[] files = parsed.GetRequiredValue(photos);
        int count = parsed.GetValue(top) is > 0 and var wanted ? wanted : throw new UsageException($"--top is 1 or more, not {parsed.GetValue(top)}");
        Array.ForEach(files, Files.Demand);
        ZeroShotLabels.Check(parsed.GetValue(template));
        string[]? own = parsed.GetResult(labels) is null ? null : ZeroShotLabels.Read(parsed.GetValue(labels)!);
        if (own is null && parsed.GetValue(template) is not null)
        {
            throw new UsageException("--template is for labels of your own; name them with --labels \"a,b,c\"");
        }

        using var device = new CpuDevice();
        using Compute c = device.NewCompute(Numerics.Fast);
        (IReadOnlyList<string> names, Func<Image, float[]> score) = own is null ? Classifier(parsed, c, device, terminal, cancellation) : ZeroShot(parsed, own, c, device, terminal, cancellation);
        return Task.FromResult(PhotoRun.Each(files, terminal, cancellation, file =>
        {
            c.Reset();
            Image image = ImageDecoder.DecodeFile(file).Upright();
            float[] probabilities = score(image);
            (string Label, float Probability)[] best = [.. Enumerable.Range(0, probabilities.Length).OrderByDescending(i => probabilities[i]).Take(count).Select(i => (names[i], probabilities[i]))];
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

    (IReadOnlyList<string> Names, Func<Image, float[]> Score) Classifier(ParseResult parsed, Compute c, CpuDevice device, Terminal terminal, CancellationToken cancellation)
    {
        string name = parsed.GetValue(model) ?? "efficientnet-lite0";
        ModelPart part = ModelLoading.Model(name, device, terminal, cancellation);
        if (part.Model is not IImageClassifier classifier)
        {
            throw new UsageException($"--model {name} is {part.Files.Family.Title}, no classifier of pictures{(part.Model is ContrastiveModel ? ": name the labels it is to choose from with --labels \"a,b,c\"" : "; efficientnet-lite0 is one")}");
        }

        return (classifier.Labels, image =>
        {
            var probabilities = new float[classifier.Labels.Count];
            c.Read(c.Softmax(classifier.Classify(c, Pixels.Of(c, classifier.Processor, image))), probabilities);
            return probabilities;
        });
    }

    (IReadOnlyList<string> Names, Func<Image, float[]> Score) ZeroShot(ParseResult parsed, string[] own, Compute c, CpuDevice device, Terminal terminal, CancellationToken cancellation)
    {
        const Embeds Both = Embeds.Texts | Embeds.Pictures;
        string? named = parsed.GetValue(model);
        LocatedModel located = named is null ? EmbeddingModels.Find(Both, ModelLocator.All()) : new LocatedModel(named, ModelLocator.Locate(named), "");
        EmbeddingSystem system = ModelLoading.Embeddings(located, device, terminal, cancellation);
        if (system.Matching is null)
        {
            throw new UsageException($"--model {named} does not match pictures with texts, which --labels needs; {EmbeddingModels.ToGet(Both)}");
        }

        if (named is null)
        {
            terminal.Error.WriteLine($"with {located.Name}");
        }

        var chosen = new ZeroShotLabels(c, system, own, parsed.GetValue(template));
        return (chosen.Names, image => chosen.Scores(c, image));
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
