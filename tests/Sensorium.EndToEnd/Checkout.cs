using System.Diagnostics;

namespace Sensorium.EndToEnd;

/// <summary>What a program said.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
public sealed record Said(int Code, string Out, string Error);

/// <summary>A fresh clone of this repository's last commit, shared by the tests of a run.</summary>
public sealed class Checkout : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    readonly string above = Directory.CreateTempSubdirectory("sensorium-clone-").FullName;

    public Checkout()
    {
        Folder = Path.Combine(above, "sensorium");
        Run(above, "git", ["clone", "--quiet", "--local", Repository, Folder]).Code.ShouldBe(0, "git clone of the repository");
    }

    /// <summary>The repository that the tests are part of.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>Whether this run is itself part of a test of a clone.</summary>
    public static bool IsInner => Environment.GetEnvironmentVariable("SENSORIUM_INNER_TEST") is { Length: > 0 };

    /// <summary>The clone.</summary>
    public string Folder { get; }

    /// <summary>Runs a line of shell in the clone.</summary>
    public Said Shell(string line, string? folder = null, params (string Name, string? Value)[] environment) =>
        Run(folder ?? Folder, "/bin/bash", ["-c", line], environment);

    /// <summary>Runs a program to its end.</summary>
    public static Said Run(string folder, string program, string[] arguments, params (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["SENSORIUM_INNER_TEST"] = "1";
        foreach ((string name, string? value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end in {Patience}");
        }

        return new Said(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(above, recursive: true);

    static string FindRepository()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Sensorium.slnx")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException("the tests run outside the repository");
    }
}

/// <summary>A test that clones and builds: left out of the run inside such a clone, and where there is no git checkout or no bash.</summary>
public sealed class CheckoutFactAttribute : FactAttribute
{
    public CheckoutFactAttribute()
    {
        if (Checkout.IsInner)
        {
            Skip = "a run inside the clone of such a test";
        }
        else if (OperatingSystem.IsWindows() || !Path.Exists(Path.Combine(Checkout.Repository, ".git")))
        {
            Skip = "needs a git checkout and bash";
        }
    }
}
