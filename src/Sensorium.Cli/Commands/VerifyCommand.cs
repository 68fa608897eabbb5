using System.CommandLine;
using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;
using Sensorium.Cli.Verify;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Scalar;

namespace Sensorium.Cli.Commands;

/// <summary><c>verify</c>: runs conformance bundles.</summary>
sealed class VerifyCommand : Verb
{
    const string AllTiers = "all";
    const string ScalarTier = "scalar";

    readonly Argument<string[]> paths = new("path") { Description = "Bundles, or folders of bundles", Arity = ArgumentArity.OneOrMore };
    readonly Option<bool> fast = new("--fast") { Description = "Fast mode: judged where a bundle states distances for quantised activations, else shown" };
    readonly Option<string?> tier = new("--tier") { Description = "Kernel tier: portable, avx2, avx512, scalar (the reference loops), or all that this processor has", HelpName = "tier" };
    readonly Option<string?> filter = new("--filter") { Description = "Only checks whose name, or whose bundle's name, contains this", HelpName = "text" };
    readonly Option<bool> json = new("--json") { Description = "For programs: a line of JSON a row, then the totals" };

    public override string Name => "verify";

    public override string Description => "Run conformance bundles and compare with the reference. Exit code 0: all passed, 1: some failed, 3: none failed, some were skipped.";

    public override IReadOnlyList<string> Examples { get; } =
        ["./sensorium verify tests/Sensorium.Conformance/bundles/llama", "./sensorium verify tests/Sensorium.Conformance/bundles --tier all"];

    protected override void Declare(Command command)
    {
        command.Arguments.Add(paths);
        command.Options.Add(fast);
        command.Options.Add(tier);
        command.Options.Add(filter);
        command.Options.Add(json);
    }

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        string[] folders = [.. parsed.GetRequiredValue(paths).SelectMany(BundleRun.Find)];
        var options = new VerifyOptions { Fast = parsed.GetValue(fast), Filter = parsed.GetValue(filter) };
        var report = new VerifyReport(terminal, parsed.GetValue(json));
        string[] tiers = Tiers(parsed.GetValue(tier));
        foreach (string one in tiers)
        {
            using Device device = one == ScalarTier ? new ScalarDevice() : new CpuDevice(tier: one.Length == 0 ? null : KernelTiers.Parse(one, "--tier"));
            using var session = new VerifySession(device, options);
            foreach (string folder in folders)
            {
                cancellation.ThrowIfCancellationRequested();
                using Bundle bundle = Bundle.Open(folder);
                report.Bundle(tiers.Length > 1 ? $"{bundle.Name} ({one})" : bundle.Name, BundleRun.Rows(bundle, session).Select(Going));
            }
        }

        return report.IsEmpty && options.Filter is { } nothing
            ? throw new UsageException($"--filter {nothing}: no check, and no bundle, has a name that contains it")
            : Task.FromResult(report.Close());

        // A bundle can take minutes, so Ctrl-C is looked for at each row.
        CheckRow Going(CheckRow row)
        {
            cancellation.ThrowIfCancellationRequested();
            return row;
        }
    }

    static string[] Tiers(string? tier) => tier switch
    {
        null => [""],
        AllTiers => [.. KernelTiers.Available.Select(KernelTiers.Name)],
        ScalarTier => [ScalarTier],
        string name => [KernelTiers.Parse(name, "--tier").Name()],
    };
}
